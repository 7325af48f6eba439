// Commands about the conversation itself: /new /stop /undo /retry /sessions.

import type { Clearance } from '../../access/clearance.ts'
import { plainText } from '../../store/entry.ts'
import type { Store } from '../../store/store.ts'
import { tools } from '../../tools/tools.ts'
import type { StopReason } from '../lanes.ts'
import { titleFor } from '../session-title.ts'
import { clock } from '../zone.ts'
import { type ChatCommand, type ChatContext, say, saySecret } from './command.ts'
import { saidAgain } from './said-again.ts'

export interface SessionCommandOptions {
  readonly store: Store
  readonly stop: (session: string, reason: StopReason) => boolean
  readonly running: (session: string) => boolean
  readonly timezone: (person: string | null) => string
  /** Sums up the older part of a session. */
  readonly compact: (session: string, clearance: Clearance) => void
  /** Resolves when what was said is remembered. */
  readonly caughtUp: () => Promise<unknown>
  readonly now: () => number
}

export function sessionCommands(options: SessionCommandOptions): ChatCommand[] {
  const { store, now } = options

  /** The newest ended turn with its person's words and what it did. */
  function lastTurn(context: ChatContext) {
    const turn = store.turns.last(context.session.id, context.session.epoch)
    if (!turn) return null
    const entries = store.transcript
      .view(context.clearance)
      .entries(context.session.id, context.session.epoch, context.session.windowFrom)
      .filter(entry => entry.turn === turn.id)
    // What was said where more was open is not for here to take back.
    if (entries.length === 0) return null
    const spoken = entries.filter(entry => entry.role === 'user')
    const words = spoken.map(entry => plainText(entry.blocks))
    const own = spoken.every(entry => entry.author === context.clearance.person)
    const done = entries.flatMap(entry =>
      entry.blocks.flatMap(block =>
        block.type === 'tool_call' && leavesBehind(block.name, block.input) ? [block.name] : [],
      ),
    )
    const derived = spoken.some(({ origin }) => origin === 'derived' || origin === 'outside')
    return { turn, words, own, done, derived }
  }

  const busy = 'A turn is running; /stop it first.'

  return [
    {
      name: 'new',
      usage: '/new',
      summary: 'begin a fresh conversation; the old one stays searchable',
      level: 'familiar',
      async run({ session }) {
        options.stop(session.id, 'stopped')
        store.sessions.newEpoch(session.id, now())
        // What the old conversation held, the new one has from memory alone.
        await options.caughtUp()
        return say('A fresh conversation.')
      },
    },
    {
      name: 'stop',
      usage: '/stop',
      summary: 'stop the running turn',
      level: 'familiar',
      run: ({ session }) => say(options.stop(session.id, 'stopped') ? 'Stopping.' : 'Nothing is running.'),
    },
    {
      name: 'undo',
      usage: '/undo',
      summary: 'take the last exchange out of the conversation',
      level: 'familiar',
      run(context) {
        if (context.args === 'done') return say('Taken back.')
        if (options.running(context.session.id)) return say(busy)
        const last = lastTurn(context)
        if (!last) return say('There is nothing to undo.')
        // In one commit with what it becomes, should it be taken up again after a crash: one exchange goes, not two.
        store.together(() => {
          store.transcript.undoTurn(last.turn.id)
          if (context.row) store.inbox.rewrite(context.row.id, { ...context.row.inbound, text: '/undo done' })
        })
        const stays =
          last.done.length > 0 ? ` What it did stays done: ${[...new Set(last.done)].join(', ')}.` : ''
        return saySecret(`Taken back: “${(last.words[0] ?? '').slice(0, 80)}”.${stays}`)
      },
    },
    {
      name: 'retry',
      usage: '/retry',
      summary: 'answer the last message again',
      level: 'familiar',
      run(context) {
        if (options.running(context.session.id)) return say(busy)
        const last = lastTurn(context)
        if (!last || last.words.length === 0) return say('There is nothing to try again.')
        // Tried again they would be this person's words, with this person's trust.
        if (!last.own)
          return say('The last message was somebody else’s; only they can have it answered again.')
        const inbound = context.row && saidAgain(context.row.inbound, last, store.inbox.ofTurn(last.turn.id))
        // In one commit: after a crash between the two it would be an earlier message that is tried again.
        store.together(() => {
          store.transcript.undoTurn(last.turn.id)
          if (context.row && inbound) store.inbox.rewrite(context.row.id, inbound)
        })
        return { kind: 'again', text: last.words.join('\n\n'), inbound }
      },
    },
    {
      name: 'compact',
      usage: '/compact',
      summary: 'sum up the older part of this conversation',
      level: 'familiar',
      run({ session, clearance }) {
        options.compact(session.id, clearance)
        return say('I sum up what is older, if there is enough of it.')
      },
    },
    {
      name: 'sessions',
      usage: '/sessions',
      summary: 'list your conversations',
      level: 'familiar',
      run(context) {
        const { person, place } = context.clearance
        const direct = place.kind === 'direct'
        const own = store.sessions
          .list(200)
          .filter(
            session =>
              session.id === context.session.id ||
              (direct && session.kind !== 'subagent' && session.person === person),
          )
          .slice(0, 20)
        const lines = own.map(session =>
          `${session.id}  ${clock(session.updatedAt, options.timezone(person))}  ${titleFor(session, context.clearance, store) ?? ''}`.trim(),
        )
        return saySecret(lines.join('\n') || 'None yet.')
      },
    },
  ]
}

/** Whether a tool's call leaves something that /undo can't take back. */
function leavesBehind(name: string, input: unknown): boolean {
  const tool = tools.find(candidate => candidate.name === name)
  const parsed = tool?.input.safeParse(input)
  return tool !== undefined && parsed?.success === true && tool.traits(parsed.data).effect !== 'read'
}
