// Something that waits for a person's yes or no, with its exact text.
import { type Component, matchesKey, wrapTextWithAnsi } from '@earendil-works/pi-tui'
import type { ApprovalInfo } from '../../protocol/messages.ts'
import { clean } from '../clean.ts'
import type { Theme } from './theme.ts'

export interface Question extends Component {
  handleInput(data: string): void
}

export function openQuestion(
  approval: ApprovalInfo,
  theme: Theme,
  onAnswer: (answer: 'approve' | 'deny' | 'later') => void,
): Question {
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
      if (data === 'y' || data === 'Y') onAnswer('approve')
      else if (data === 'n' || data === 'N') onAnswer('deny')
      else if (matchesKey(data, 'escape')) onAnswer('later')
    },
  }
}
