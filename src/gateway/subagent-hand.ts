// Subagents as one turn reaches them: sent off with at most what it has itself, listed and stopped by whose they are.
import type { Clearance } from '../access/clearance.ts'
import { atLeast } from '../access/levels.ts'
import type { Models } from '../agent/models/models.ts'
import type { Settings } from '../config/schema.ts'
import type { TurnFacts } from '../desk/desk.ts'
import { CoopError } from '../errors.ts'
import { plainText } from '../store/entry.ts'
import type { Session } from '../store/sessions.ts'
import type { Store } from '../store/store.ts'
import type { Subagent } from '../store/subagents.ts'
import type { SubagentHand, SubagentWish } from '../tools/hands/work.ts'
import { subagentChannel, subagentSession } from './errand.ts'
import type { Subagents } from './subagents.ts'

export interface SubagentHandOptions {
  readonly store: Store
  readonly subagents: Subagents
  readonly settings: () => Settings['subagents']
  readonly models: () => Models
  readonly now: () => number
}

/** What only the conversation itself may do: it has the person to ask. */
const kept = ['config', 'message', 'people', 'react', 'schedule', 'send_file']
const listed = 20
const mostSteps = 40

export function subagentHand(
  clearance: Clearance,
  session: Session,
  callId: string,
  { turn, seen, tools }: TurnFacts,
  { store, subagents, settings, models, now }: SubagentHandOptions,
): SubagentHand | null {
  const { person } = clearance
  const rules = settings()
  const depth = store.subagents.get(session.id.slice(subagentChannel.length + 1))?.depth ?? 0
  if (person === null || !atLeast(clearance.level, rules.trust) || depth >= rules.max_depth) return null

  /** Those of this person, whose words this place may read. */
  const own = () => store.subagents.newest(person, listed).filter(sent => clearance.covers(sent.grant.reads))

  function profileOf(name: string | undefined) {
    if (name === undefined) return undefined
    const found = rules.profiles.find(profile => profile.name === name)
    if (found) return found
    const names = rules.profiles.map(profile => profile.name).join(', ') || 'none'
    throw new CoopError('not_found', `There is no profile “${name}”; there are: ${names}.`)
  }

  function modelOf(name: string | undefined): string | null {
    if (name === undefined) return null
    const full = models().resolve(name)
    if (!models().known.includes(full) && !atLeast(clearance.acts, 'full'))
      throw new CoopError('not_permitted', `“${name}” is not among the models of this household.`)
    if (!models().hasKey(full)) throw new CoopError('key_missing', `There is no key for ${full}.`)
    return full
  }

  function toolsFor(wanted: readonly string[] | undefined): string[] {
    const open = tools().filter(
      name => !kept.includes(name) && (name !== 'subagent' || depth + 1 < rules.max_depth),
    )
    const missing = wanted?.filter(name => !open.includes(name)) ?? []
    if (missing.length > 0)
      throw new CoopError(
        'not_permitted',
        `A subagent here has no ${missing.join(', ')}; it may have: ${open.join(', ')}.`,
      )
    return wanted ? [...wanted] : open
  }

  function sendOff(wish: SubagentWish): Subagent {
    const profile = profileOf(wish.profile)
    if (wish.background && (session.kind === 'job' || session.kind === 'subagent'))
      throw new CoopError('not_permitted', 'Only a conversation can leave a subagent in the background.')
    if (store.subagents.openOfParent(session.id).length >= rules.max_children)
      throw new CoopError(
        'not_permitted',
        `${rules.max_children} subagents work for this conversation already; wait for one, or stop one.`,
      )
    const minutes = Math.min(wish.minutes ?? Number.POSITIVE_INFINITY, rules.timeout_s / 60)
    const task = wish.task.trim()
    return subagents.send(
      {
        turn: turn.id,
        parent: session.id,
        person: person!,
        depth: depth + 1,
        profile: profile?.name ?? null,
        model: modelOf(wish.model ?? profile?.model),
        steps: Math.min(wish.steps ?? mostSteps, profile?.steps ?? mostSteps),
        background: wish.background ?? false,
        grant: clearance.narrow({ tools: toolsFor(wish.tools ?? profile?.tools) }).grant(),
        origin: seen(),
        deadline: now() + minutes * 60_000,
      },
      task,
      { callId, title: shortened(task), trace: turn.trace },
    )
  }

  return {
    spawn(wish) {
      const sent = store.subagents.ofCall(callId) ?? sendOff(wish)
      if (sent.background)
        return {
          text: `Subagent ${sent.id} works in the background; its answer goes to the person as a message.`,
        }
      if (sent.state === 'running') return { text: `Subagent ${sent.id} is at work.`, pending: true }
      const answer =
        sent.answer === null
          ? undefined
          : store.transcript.view(clearance).after(subagentSession(sent.id), sent.answer - 1, 1)[0]
      if (sent.state !== 'done')
        return {
          text: [
            `Subagent ${sent.id} ended without an answer: ${sent.reason ?? sent.state}.`,
            answer ? plainText(answer.blocks) : '',
          ]
            .filter(Boolean)
            .join('\n'),
          isError: true,
          ...(answer ? { origin: answer.origin } : {}),
        }
      if (!answer) return { text: `What subagent ${sent.id} found is not open here any more.`, isError: true }
      return { text: plainText(answer.blocks), origin: answer.origin }
    },
    list() {
      const lines = own().map(sent => {
        const title = store.sessions.get(subagentSession(sent.id))?.title ?? ''
        const left = Math.max(0, Math.ceil((sent.deadline - now()) / 60_000))
        const state = sent.state === 'running' ? `at work, ${left} min left` : sent.state
        const why = sent.reason === null ? '' : ` (${sent.reason})`
        return `${sent.id}  ${state}${why}  ${title}`
      })
      return lines.join('\n') || 'There are no subagents.'
    },
    stop(id) {
      const sent = own().find(known => known.id === id.toUpperCase())
      if (!sent) throw new CoopError('not_found', `There is no subagent ${id} of yours; list shows them.`)
      return subagents.stop(sent.id, 'it was stopped')
        ? `Subagent ${sent.id} is being stopped.`
        : `Subagent ${sent.id} had ended: ${sent.state}.`
    },
  }
}

const shortened = (text: string): string => {
  const line = text.split('\n')[0]!
  return line.length > 60 ? `${line.slice(0, 59).trimEnd()}…` : line
}
