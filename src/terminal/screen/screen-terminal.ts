// The terminal as the screen sees it: what stood there before is kept, and one that reads slowly holds nobody up.
import { ProcessTerminal } from '@earendil-works/pi-tui'
import { unblock } from '../unblock.ts'

/** What the library sends before a whole redraw: it would take the scrollback with it. */
export const clearAll = '\u001b[2J\u001b[H\u001b[3J'

/** A terminal that answers no question has told by then what was typed before, where Enter became a line feed. */
const typedAheadMs = 5_000

export class ScreenTerminal extends ProcessTerminal {
  #collected: string[] | null = null

  override start(onInput: (data: string) => void, onResize: () => void): void {
    unblock(process.stdout)
    let ahead = true
    // What was typed before the screen stood comes before the answer to its first question.
    const isAhead = (data: string) => data === '\n' && ahead && !this.#hasAnswered
    super.start(data => onInput(isAhead(data) ? '\r' : data), onResize)
    // After a look at the input: where the computer is slow, the time is over before that was read once.
    setTimeout(() => setImmediate(() => setImmediate(() => (ahead = false))), typedAheadMs).unref()
    // The screen begins at the top of an empty page; what stood there goes into the scrollback.
    super.write(`${'\n'.repeat(Math.max(0, this.rows - 1))}\u001b[H`)
  }

  override write(data: string): void {
    if (this.#collected) this.#collected.push(data)
    else super.write(data)
  }

  override hideCursor(): void {
    this.write('\u001b[?25l')
  }

  override showCursor(): void {
    this.write('\u001b[?25h')
  }

  /** What `draw` would have written. */
  collect(draw: () => void): string {
    this.#collected = []
    try {
      draw()
      return this.#collected.join('')
    } finally {
      this.#collected = null
    }
  }

  /** Line by line, since many terminals move a cleared page into the scrollback, where it would stand twice. */
  clearPage(): void {
    this.write(`\u001b[H${'\u001b[2K\u001b[1B'.repeat(this.rows)}\u001b[H`)
  }

  /** Whether it has told which keyboard protocol it speaks, which is asked when the screen begins. */
  get #hasAnswered(): boolean {
    return this.kittyProtocolActive || this.modifyOtherKeysActive
  }

  /** Whether it still has to read so much of what was written that drawing rests until it has. */
  get busy(): boolean {
    return process.stdout.writableNeedDrain
  }

  whenFree(then: () => void): void {
    process.stdout.once('drain', then)
  }
}
