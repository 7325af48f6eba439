// One note in the morning: what did not reach its person.
import { type Household, owners, type Person } from '../../access/household.ts'
import type { Run, Runs } from '../../store/runs.ts'
import type { PostOffice } from '../doors/post-office.ts'
import { clock } from '../zone.ts'
import { isConfigured, type Job } from './job.ts'

const id = 'note'

/** The job that writes the note, at eight in the household's zone. */
export const noteJob = Object.assign(
  (timezone: string): Job => ({
    id,
    name: 'morning note',
    kind: 'task',
    text: '',
    cron: '0 8 * * *',
    at: null,
    timezone,
    person: null,
    trust: 'public',
    missed: 'run_once',
    retries: 0,
    place: null,
    grant: null,
  }),
  { id },
)

export interface NoteOptions {
  readonly runs: Runs
  readonly office: PostOffice
  readonly household: () => Household
  readonly zoneOf: (person: string | null) => string
}

/** Tells everybody what of theirs did not arrive, and the owners what is nobody's. False if there was nothing to tell. */
export function morningNote({ runs, office, household, zoneOf }: NoteOptions): boolean {
  const byPerson = new Map<string | null, Run[]>()
  for (const run of runs.untold()) {
    if (run.job === id) {
      runs.setTold([run.id])
      continue
    }
    const person = run.person !== null && household().people.has(run.person) ? run.person : null
    byPerson.set(person, [...(byPerson.get(person) ?? []), run])
  }
  let told = false
  for (const [person, list] of byPerson) {
    const to: Person[] = person === null ? [...owners(household())] : [household().people.get(person)!]
    const reached = to.filter(one => office.tell(one, noteText(list, zoneOf(one.id), one.id)))
    if (reached.length === 0) continue
    runs.setTold(list.map(run => run.id))
    told = true
  }
  return told
}

/** Lines of one note; more than this is summed up. */
const mostLines = 20

function noteText(runs: readonly Run[], timezone: string, viewer: string): string {
  const lines = runs.slice(0, mostLines).map(run => `- ${runLine(run, timezone, viewer)}`)
  const more =
    runs.length > mostLines ? [`- and ${runs.length - mostLines} more; \`coop cron history\` lists them`] : []
  return `What did not reach you:\n${[...lines, ...more].join('\n')}`
}

/** What a run is called before `viewer`: what somebody asked for by chat is theirs, to others it is only whose it is. */
export const nameBefore = (run: Run, viewer: string | null): string =>
  run.person === null || run.person === viewer || isConfigured(run.job) ? run.name : `a job of ${run.person}`

/** One row of the ledger in words. */
export function runLine(run: Run, timezone: string, viewer: string | null): string {
  const stretch = run.last > run.due ? ` to ${clock(run.last, timezone)}, ${run.count ?? 'many'} times` : ''
  const again = run.attempts > 1 ? ` after ${run.attempts} tries` : ''
  const reason = run.reason ? ` (${run.reason.slice(0, 200)})` : ''
  return `“${nameBefore(run, viewer)}”, ${clock(run.due, timezone)}${stretch}: ${stateWords[run.state]}${again}${reason}`
}

export const stateWords: Record<Run['state'], string> = {
  due: 'about to run',
  running: 'running',
  retry: 'failed, to be tried again',
  sending: 'on its way',
  delivered: 'delivered',
  silent: 'nothing to say',
  failed: 'failed',
  missed: 'missed',
}
