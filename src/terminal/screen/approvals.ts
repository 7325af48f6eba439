// Questions that wait for a yes or no, asked one after another; what another client answered is no longer asked.
import type { SessionEvent } from '../../protocol/events.ts'
import type { ApprovalInfo } from '../../protocol/messages.ts'
import type { LiveLink } from '../live-link.ts'
import type { Prompts } from './prompts.ts'
import { Question } from './question.ts'
import type { Theme } from './theme.ts'

export interface Approvals {
  /** Whether a question stands on the screen. */
  readonly asking: boolean
  /** Learns what waits, and asks the first that was not put off. */
  ask(): Promise<void>
  /** Learns what waits. */
  learn(): Promise<void>
  /** Whether an event tells of a question that waits to be asked here: it would stand there twice. */
  asks(event: SessionEvent): boolean
}

export interface ApprovalsOptions {
  readonly link: LiveLink
  readonly prompts: Prompts
  readonly theme: Theme
  readonly say: (text: string) => void
  readonly attempt: (work: () => Promise<void>) => void
}

export function openApprovals({ link, prompts, theme, say, attempt }: ApprovalsOptions): Approvals {
  const putOff = new Set<string>()
  let waiting: readonly ApprovalInfo[] = []
  let asked: ApprovalInfo | null = null

  async function learn(): Promise<void> {
    const { approvals } = await link.call('approval/list', {})
    waiting = approvals
  }

  async function ask(): Promise<void> {
    await learn()
    if (asked !== null) {
      const { id, question } = asked
      if (waiting.some(approval => approval.id === id)) return
      prompts.close()
      asked = null
      say(`${question}\n\nThis is no longer asked.`)
    }
    const next = waiting.find(approval => !putOff.has(approval.id))
    if (!next || prompts.open) return
    asked = next
    const { id, question } = next
    prompts.show(
      new Question(next, theme, given => {
        prompts.close()
        asked = null
        if (given.answer === 'later') {
          putOff.add(id)
          say(`${question}\n\nIt waits; /approve ${id} or /deny ${id} answers it.`)
          return
        }
        attempt(async () => {
          try {
            const { text } = await link.call('approval/answer', { id, ...given })
            say(`${question}\n\n${text}`)
          } finally {
            await ask()
          }
        })
      }),
    )
  }

  return {
    get asking() {
      return asked !== null
    },
    ask,
    learn,
    asks(event) {
      if (event.type !== 'notice') return false
      const id = questionIn(event.text)
      return id !== null && !putOff.has(id) && waiting.some(approval => approval.id === id)
    },
  }
}

/** The question that a notice tells of, by the answer that it asks for. */
export const questionIn = (notice: string): string | null =>
  /\bAnswer \/approve ([A-Z0-9]{6}) or \/deny \1\./.exec(notice)?.[1] ?? null
