// Brings a job's words to their places: sealed for each, and kept in the conversation where they are read.
import type { Clearance } from '../../access/clearance.ts'
import type { Config } from '../../config/load.ts'
import { inLanes, partsOf } from '../../delivery/parts.ts'
import { seal } from '../../delivery/seal.ts'
import type { Entry } from '../../store/entry.ts'
import type { Received } from '../../store/inbox.ts'
import type { Queued } from '../../store/outbox.ts'
import type { Run } from '../../store/runs.ts'
import type { ErrandOptions } from '../errand.ts'
import { sessionFor } from '../sessions.ts'
import type { Job } from './job.ts'
import type { Target, WhereTo } from './whereto.ts'

export interface DeliveryOptions
  extends Pick<ErrandOptions, 'store' | 'household' | 'channel' | 'live' | 'idle' | 'send' | 'now'> {
  readonly config: () => Config
}

export interface Prepared {
  readonly parts: readonly Queued[]
  /** The places that may read it. */
  readonly targets: readonly Target[]
}

export function openDelivery(options: DeliveryOptions) {
  const { store, now } = options

  /** The parts of `text` for every target that opens what it was written from. */
  function prepare(
    text: string,
    from: Clearance,
    targets: readonly Target[],
    facts: { key: string; turn: string; trace: string },
  ): Prepared {
    const ready = targets.flatMap((target, index) => {
      const channel = options.channel(target.place.channel)
      if (!channel || !target.clearance.covers(from.reads)) return []
      const sealed = seal(text, target.clearance.narrow({ reads: from.reads, acts: from.acts }))
      const key = `${facts.key}:${index}`
      const parts = partsOf(sealed, { ...target, channel }, { ...facts, key })
      return parts ? [{ target, parts }] : []
    })
    const parts = ready.flatMap(each => each.parts)
    return { parts: inLanes(parts, options.idle), targets: ready.map(({ target }) => target) }
  }

  /** Writes the words into the conversations where they are read, once each, so that an answer to them is understood. */
  function echo(text: string, targets: readonly Target[], from: Clearance, trace: string): Entry[] {
    const sessions = new Map(
      targets.flatMap(({ place }) => {
        const reader =
          place.kind === 'direct'
            ? options.household().byMatch.get(`${place.channel}:${place.id}`)
            : undefined
        const person = options.household().people.get(reader ?? from.person ?? '')
        if (place.kind === 'direct' && !person) return []
        const speaker = person
          ? ({ kind: 'person', person } as const)
          : ({ kind: 'stranger', sender: { channel: place.channel, id: '', name: '' } } as const)
        const session = sessionFor(speaker, place, options.config().settings.sessions.direct)
        return [[session.id, session] as const]
      }),
    )
    return [...sessions.values()].flatMap(wanted => {
      const session = store.sessions.ensure(wanted, now())
      return store.post(
        {
          place: { session: session.id, epoch: session.epoch, turn: null, trace },
          entries: [
            {
              role: 'assistant',
              blocks: [{ type: 'text', text }],
              author: null,
              labels: from.reads,
              origin: 'agent',
            },
          ],
          parts: [],
        },
        now(),
      ).entries
    })
  }

  return {
    prepare,
    echo,
    /** Says a reminder as it stands, in one commit with its run; false if nobody there may read it. */
    say(row: Received, run: Run, job: Job, to: Extract<WhereTo, { kind: 'open' }>): boolean {
      const turn = `run:${run.id}`
      const text = `⏰ ${job.text}`
      const { parts, targets } = prepare(text, to.clearance, to.targets, {
        key: turn,
        turn,
        trace: row.trace,
      })
      if (parts.length === 0) return false
      const done = store.together(() => {
        const entries = echo(text, targets, to.clearance, row.trace)
        const inbox = { id: row.id, state: 'answered', reason: null } as const
        const posted = store.post({ place: null, entries: [], parts, inbox }, now())
        store.runs.end(run.id, 'sending', now(), { turn })
        return { entries, rows: posted.rows }
      })
      options.live.entries(done.entries)
      options.send(done.rows)
      return true
    },
  }
}
