// Those who write while the gateway is killed under them, each remembering what was accepted and what came back.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { CoopError } from '../../src/errors.ts'
import { type Client, connectClient } from '../../src/protocol/client.ts'
import type { SequencedEvent } from '../../src/protocol/events.ts'
import { protocolVersion } from '../../src/protocol/framing.ts'
import type { FakeTelegram, Writer } from '../support/fake-telegram.ts'
import type { TestHome } from '../support/home.ts'

/** One message, named by a word of its own that the answer repeats. */
export interface Written {
  readonly word: string
  readonly by: string
  readonly channel: 'telegram' | 'terminal'
  accepted: boolean
}

export interface Writing {
  readonly written: Written[]
  /** Aborts when no more is to be written. */
  readonly signal: AbortSignal
  /** Milliseconds between two messages of one person, at most. */
  readonly paceMs: number
}

/** The code of a question that waits for a yes. */
export const codeIn = (text: string): RegExpExecArray | null => /Answer \/approve ([A-Z2-9]{6})/.exec(text)

/** A yes whose acknowledgement was lost in a kill has been given already. */
function unlessAnswered(error: unknown): void {
  if (!(error instanceof CoopError && error.code === 'approval_invalid')) throw error
}

const pause = (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }).catch(() => {})

const nextWord = (written: readonly Written[]): string => `m${written.length + 1}.`

/** Writes over Telegram, where a message counts as accepted once an offset confirmed it. */
export async function writeOverTelegram(
  telegram: FakeTelegram,
  from: Writer,
  { written, signal, paceMs }: Writing,
): Promise<void> {
  while (!signal.aborted) {
    const word = nextWord(written)
    written.push({ word, by: from.name, channel: 'telegram', accepted: true })
    telegram.write(from, `please answer ${word}`)
    await pause(Math.random() * paceMs, signal)
  }
}

/**
 * Writes from a terminal and sends again, under the same id, what was not acknowledged. Follows the session
 * where it left off; returns the answers that it saw, as they came. Ends when `done` says so.
 */
export async function writeFromTerminal(
  home: TestHome,
  user: string,
  { written, signal, paceMs }: Writing,
  done: AbortSignal,
): Promise<string[]> {
  const seen: string[] = []
  const questions = new Set<string>()
  let after = 0
  const onEvent = ({ seq, event }: SequencedEvent) => {
    if (seq <= after) return
    if (event.type === 'message' && event.final) seen.push(event.text)
    const [, code] = (event.type === 'notice' && codeIn(event.text)) || []
    if (code) questions.add(code)
    if (event.type !== 'text' && event.type !== 'thinking' && event.type !== 'turn_ended') after = seq
  }
  let unsent: { message: Written; id: string } | null = null
  while (!done.aborted) {
    let client: Client
    try {
      client = await connectClient(home.socket, onEvent)
    } catch {
      await sleep(20)
      continue
    }
    using _ = client
    try {
      const { session } = await client.call('initialize', {
        protocol: protocolVersion,
        client: 'torture',
        user,
      })
      await client.call('session/attach', { session, after })
      while (!done.aborted) {
        for (const id of questions) {
          await client.call('approval/answer', { id, answer: 'approve' }).catch(unlessAnswered)
          questions.delete(id)
        }
        if (unsent === null && !signal.aborted) {
          const message: Written = { word: nextWord(written), by: user, channel: 'terminal', accepted: false }
          written.push(message)
          unsent = { message, id: randomUUID() }
        }
        if (unsent) {
          await client.call('session/send', {
            session,
            text: `please answer ${unsent.message.word}`,
            id: unsent.id,
          })
          unsent.message.accepted = true
          unsent = null
        }
        await Promise.race([
          pause(Math.random() * paceMs + 1, done),
          client.closed.then(() => Promise.reject(new Error('closed'))),
        ])
      }
    } catch {
      await sleep(5)
    }
  }
  return seen
}
