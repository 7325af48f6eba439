// Something that waits for a person's yes or no, with its exact text: a word and Enter, since a y is a key of many words.
import { Input, matchesKey, wrapTextWithAnsi } from '@earendil-works/pi-tui'
import type { ApprovalInfo } from '../../protocol/messages.ts'
import { clean } from '../clean.ts'
import type { Theme } from './theme.ts'

export type Answer = 'approve' | 'deny' | 'later'

const answers: Readonly<Record<string, Answer>> = { y: 'approve', yes: 'approve', n: 'deny', no: 'deny' }

/** Takes the keys while it is shown. What is neither a yes nor a no stays where it was typed, and answers nothing. */
export class Question extends Input {
  private readonly lines: readonly string[]
  private readonly theme: Theme
  private readonly answered: (answer: Answer) => void
  private unclear = false

  constructor(approval: ApprovalInfo, theme: Theme, answered: (answer: Answer) => void) {
    super({ prompt: '? ' })
    this.lines = clean(approval.question).split('\n')
    this.theme = theme
    this.answered = answered
    this.onSubmit = typed => {
      const answer = answers[typed.trim().toLowerCase()]
      this.unclear = answer === undefined
      if (answer) answered(answer)
    }
  }

  override handleInput(data: string): void {
    if (matchesKey(data, 'escape')) this.answered('later')
    else super.handleInput(data)
  }

  override render(width: number): string[] {
    const { theme } = this
    const keys = `${theme.bold('y')} yes  ${theme.bold('n')} no, then Enter  ${theme.bold('Esc')} later`
    return [
      '',
      ...this.lines.flatMap(line => wrapTextWithAnsi(line, width)).map(theme.warn),
      '',
      ...wrapTextWithAnsi(keys, width),
      ...(this.unclear
        ? wrapTextWithAnsi('That is neither; after Esc you can write on, and the question waits.', width)
        : []),
      ...super.render(width),
    ]
  }
}
