// Something that waits for a person's yes or no, with its exact text.
import { type Component, type Editor, matchesKey, wrapTextWithAnsi } from '@earendil-works/pi-tui'
import type { ApprovalInfo } from '../../protocol/messages.ts'
import { clean } from '../clean.ts'
import type { Theme } from './theme.ts'

export interface Question extends Component {
  handleInput(data: string): void
}

/** How long the keys have to rest before they answer what came up in the middle of a word. */
const restMs = 1_000

/** Who is writing in `editor` when it comes up writes on there: the y of a word is no yes. */
export function openQuestion(
  approval: ApprovalInfo,
  theme: Theme,
  editor: Pick<Editor, 'getText' | 'handleInput'>,
  onAnswer: (answer: 'approve' | 'deny' | 'later') => void,
): Question {
  let writingUntil = editor.getText() === '' ? 0 : Date.now() + restMs
  return {
    render(width) {
      const text = clean(approval.question).split('\n')
      return [
        '',
        ...text.flatMap(line => wrapTextWithAnsi(line, width)).map(theme.warn),
        '',
        ...wrapTextWithAnsi(
          `${theme.bold('y')} yes  ${theme.bold('n')} no  ${theme.bold('Esc')} later`,
          width,
        ),
      ]
    },
    invalidate() {},
    handleInput(data) {
      if (Date.now() < writingUntil) {
        writingUntil = Date.now() + restMs
        return editor.handleInput(data)
      }
      if (data === 'y' || data === 'Y') onAnswer('approve')
      else if (data === 'n' || data === 'N') onAnswer('deny')
      else if (matchesKey(data, 'escape')) onAnswer('later')
    },
  }
}
