// Something that waits for a person's yes or no, with its exact text: a word and Enter, since a y is a key of many words.
import { Input, matchesKey, wrapTextWithAnsi } from '@earendil-works/pi-tui'
import type { ApprovalInfo } from '../../protocol/messages.ts'
import { clean } from '../clean.ts'
import type { Theme } from './theme.ts'

export type Answer =
  | { readonly answer: 'approve' | 'deny'; readonly minutes?: number }
  | { readonly answer: 'later' }

const words: Readonly<Record<string, 'approve' | 'deny'>> = {
  y: 'approve',
  yes: 'approve',
  n: 'deny',
  no: 'deny',
}

/** Takes the keys while it is shown. What is neither a yes nor a no stays where it was typed, and answers nothing. */
export class Question extends Input {
  private readonly approval: ApprovalInfo
  private readonly theme: Theme
  private readonly answered: (answer: Answer) => void
  private unclear = false

  constructor(approval: ApprovalInfo, theme: Theme, answered: (answer: Answer) => void) {
    super({ prompt: '? ' })
    this.approval = approval
    this.theme = theme
    this.answered = answered
    this.onSubmit = typed => {
      const answer = answerIn(typed, approval.longer !== undefined)
      this.unclear = answer === null
      if (answer) answered(answer)
    }
  }

  override handleInput(data: string): void {
    if (matchesKey(data, 'escape')) this.answered({ answer: 'later' })
    else super.handleInput(data)
  }

  override render(width: number): string[] {
    const { theme, approval } = this
    const wrap = (text: string) => wrapTextWithAnsi(text, width)
    const { bold } = theme
    const keys = `${bold('y')} yes  ${bold('n')} no, then Enter  ${bold('Esc')} later`
    return [
      '',
      ...clean(approval.question).split('\n').flatMap(wrap).map(theme.warn),
      '',
      ...wrap(keys),
      ...(approval.longer === undefined
        ? []
        : wrap(`${bold('10m')} yes, and for ten minutes also ${clean(approval.longer)}`)),
      ...(this.unclear ? wrap('That is neither; after Esc you can write on, and the question waits.') : []),
      ...super.render(width),
    ]
  }
}

/** `y`, `no`, or how long a yes holds: `10m`, `2h`. Null for what is none of these. */
function answerIn(typed: string, mayLast: boolean): Answer | null {
  const word = typed.trim().toLowerCase()
  const answer = Object.hasOwn(words, word) ? words[word]! : null
  if (answer) return { answer }
  const [, count, unit] = /^(\d{1,3})(m|h)$/.exec(word) ?? []
  return count && mayLast ? { answer: 'approve', minutes: Number(count) * (unit === 'h' ? 60 : 1) } : null
}
