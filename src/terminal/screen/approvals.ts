// Questions that wait for a yes or no, asked one after another; what another client answered is no longer asked.
import type { LiveLink } from '../live-link.ts'
import type { Prompts } from './prompts.ts'
import { Question } from './question.ts'
import type { Theme } from './theme.ts'

export interface Approvals {
  /** Whether a question stands on the screen. */
  readonly asking: boolean
  /** Asks the first that waits and was not put off. */
  ask(): Promise<void>
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
  let asked: string | null = null

  async function ask(): Promise<void> {
    const { approvals } = await link.call('approval/list', {})
    if (asked !== null && approvals.some(approval => approval.id === asked)) return
    if (asked !== null) prompts.close()
    asked = null
    const next = approvals.find(approval => !putOff.has(approval.id))
    if (!next || prompts.open) return
    asked = next.id
    prompts.show(
      new Question(next, theme, answer => {
        prompts.close()
        asked = null
        if (answer === 'later') {
          putOff.add(next.id)
          say('It waits; /approve lists what does.')
          return
        }
        attempt(async () => {
          say((await link.call('approval/answer', { id: next.id, answer })).text)
          await ask()
        })
      }),
    )
  }

  return {
    get asking() {
      return asked !== null
    },
    ask,
  }
}
