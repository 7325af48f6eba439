// What a job would meet when it is due, as the configuration stands: whether it runs, and what it would ask a person for.
import { clear, clearJob, groupOf } from '../../access/clear.ts'
import { identify } from '../../access/household.ts'
import type { Membership, Place } from '../../channel.ts'
import type { Config } from '../../config/load.ts'
import { foreseenTools, isConfigured } from '../foreseen-tools.ts'
import type { Job } from './job.ts'
import { type Need, needsOf } from './needs.ts'
import { whereTo } from './whereto.ts'

export type Foresight =
  | { readonly kind: 'runs'; readonly needs: readonly Need[] }
  | { readonly kind: 'closed'; readonly reason: string }

/** Groups are taken to hold whom the configuration names; nobody is asked. `runs`: whether a channel is there. */
export async function foreseeJob(
  job: Job,
  config: Config,
  runs: (channel: string) => boolean = isConfigured(config),
): Promise<Foresight> {
  const { household, settings } = config
  const membersOf = (place: Place | null): Membership =>
    place?.kind === 'group'
      ? { kind: 'count', count: groupOf(place, household)?.members.length ?? 0 }
      : { kind: 'list', ids: [] }
  const to = await whereTo(job, {
    household: () => household,
    gatekeeper: {
      async clear({ sender, place }) {
        const speaker = identify(sender, household)
        return { speaker, clearance: clear(speaker, place, membersOf(place), household), group: undefined }
      },
      clearJob: async (own, place) => clearJob(own, place, membersOf(place), household),
    },
    channel: name => (runs(name) ? { name, capabilities: { local: name === 'terminal' } } : undefined),
    placeFor: person => ({ channel: 'terminal', kind: 'direct', id: person.id }),
  })
  if (to.kind === 'closed') return to
  // A reminder is only said: it asks for nothing.
  if (job.kind === 'reminder') return { kind: 'runs', needs: [] }
  const tools = foreseenTools(to.clearance, config, { working: true, runs })
  return { kind: 'runs', needs: needsOf(tools, to.clearance.acts, settings.tools.approve.rules) }
}
