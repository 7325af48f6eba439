// A reply shown while it grows: one message, edited at the channel's pace, each edit sealed and cleared anew.
import type { Clearance } from '../../access/clearance.ts'
import type { Channel, Place } from '../../channel.ts'
import { partsOf } from '../../delivery/parts.ts'
import { seal } from '../../delivery/seal.ts'
import { messageOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { SessionEvent } from '../../protocol/events.ts'
import type { Settings } from '../../store/settings.ts'

export interface DraftOptions {
  readonly settings: Settings
  readonly channel: (name: string) => Channel | undefined
  /** The clearance as it is now. */
  readonly reissue: (clearance: Clearance) => Promise<Clearance>
  /** Whether everything said before is out: a draft never overtakes it. */
  readonly idle: (place: Place) => boolean
  readonly log: Log
  readonly now: () => number
}

export interface DraftFacts {
  readonly turn: string
  readonly trace: string
  readonly place: Place
  readonly clearance: Clearance
  readonly replyTo?: string
  /** Tool steps are shown between the lines. */
  readonly verbose: boolean
}

export interface LiveDraft {
  /** The model begins to say something anew. */
  restart(): void
  event(event: SessionEvent): void
  /** Shows nothing more. The external id of what is on display, to be replaced by the reply. */
  settle(): Promise<string | undefined>
  /** Leaves on display what was said so far, whole; the reply will be a message of its own. */
  leave(): Promise<void>
  /** Takes back what is on display. */
  withdraw(): Promise<void>
}

/** A quick answer needs no draft. */
const firstAfterMs = 1_000
const shortest = 24
const settleMs = 5_000
const growing = ' …'

/** Begins, or after a crash takes up, the draft of a turn. */
export function openDraft(facts: DraftFacts, options: DraftOptions): LiveDraft {
  const { settings, now } = options
  const channel = options.channel(facts.place.channel)
  const pace = channel?.draft && channel.capabilities.drafts
  const everyMs = (facts.place.kind === 'group' ? pace?.everyMsInGroups : pace?.everyMs) ?? 0
  const name = `draft:${facts.turn}`
  const stopped = new AbortController()
  let shown = pace ? settings.get<string>('gateway', name) : undefined
  let onDisplay = ''
  let steps: string[] = []
  let text = ''
  let nextAt = now() + firstAfterMs
  let timer: NodeJS.Timeout | null = null
  let running: Promise<void> | null = null
  let ended = !pace

  const words = (): string => [...steps, text.trim()].filter(Boolean).join('\n\n')

  function schedule(): void {
    if (ended || timer || running) return
    timer = setTimeout(
      () => {
        timer = null
        running = show(growing).finally(() => {
          running = null
          if (words() + growing !== onDisplay) schedule()
        })
      },
      Math.max(0, nextAt - now()),
    ).unref()
  }

  function hurry(): void {
    nextAt = Math.min(nextAt, now())
    if (timer) clearTimeout(timer)
    timer = null
  }

  async function show(mark: string): Promise<void> {
    const said = words()
    const wanted = said + mark
    const enough = said.length >= shortest || (facts.verbose && steps.length > 0)
    if (!enough || 'NO_REPLY'.startsWith(said) || wanted === onDisplay) return void (onDisplay = wanted)
    if (shown === undefined && !options.idle(facts.place)) return void (nextAt = now() + everyMs)
    try {
      const clearance = await options.reissue(facts.clearance)
      const parts = partsOf(
        seal(wanted, facts.clearance),
        { place: facts.place, channel: channel!, clearance },
        { key: `${facts.turn}:draft`, turn: facts.turn, trace: facts.trace },
      )
      if (!parts?.[0]) return void (ended = true)
      const result = await channel!.draft!(
        {
          key: parts[0].outbound.key,
          place: facts.place,
          text: parts[0].outbound.text,
          ...(facts.replyTo === undefined ? {} : { replyTo: facts.replyTo }),
          ...(shown === undefined ? {} : { externalId: shown }),
        },
        stopped.signal,
      )
      nextAt = now() + Math.max(everyMs, result.kind === 'retry' ? (result.afterMs ?? 0) : 0)
      if (result.kind === 'refused') ended = true
      if (result.kind !== 'sent') return
      onDisplay = wanted
      if (shown !== undefined || result.externalId === undefined) return
      shown = result.externalId
      settings.set('gateway', name, shown, now())
    } catch (error) {
      ended = true
      options.log.debug(
        { err: { message: messageOf(error) }, trace: facts.trace },
        'a draft could not be shown',
      )
    }
  }

  /** What is in flight must land before the reply does, or it would overwrite it. */
  async function still(): Promise<void> {
    ended = true
    if (timer) clearTimeout(timer)
    timer = null
    if (!running) return
    const deadline = setTimeout(() => stopped.abort(), settleMs)
    await running
    clearTimeout(deadline)
  }

  return {
    restart() {
      text = ''
    },
    event(event) {
      if (ended) return
      if (event.type === 'text') text += event.delta
      else if (event.type === 'message') {
        steps.push(event.text.trim())
        text = ''
      } else if (event.type === 'tool' && event.output !== undefined) return
      else if (event.type === 'tool' && event.state === 'running' && facts.verbose) {
        steps.push(`▸ ${event.name} ${event.detail}`.trim().slice(0, 200))
        // Who asked to see the steps sees those of a quick turn too.
        if (shown === undefined && !running) hurry()
      } else return
      schedule()
    },
    async settle() {
      await still()
      return shown
    },
    async leave() {
      const wasShown = shown !== undefined
      await still()
      if (wasShown || shown !== undefined) await show('')
      if (shown !== undefined) settings.remove('gateway', name)
      shown = undefined
      steps = []
    },
    async withdraw() {
      await still()
      if (shown === undefined) return
      settings.remove('gateway', name)
      await channel?.withdraw?.(facts.place, shown, AbortSignal.timeout(settleMs)).catch(() => {})
    },
  }
}

/** The reply is stored with what it replaces; the draft needs no memory of its own any more. */
export const forgetDraft = (settings: Settings, turn: string): void =>
  settings.remove('gateway', `draft:${turn}`)
