// The terminal as the screen sees it: what was there before is kept, a redraw clears line by line.
import { ProcessTerminal, type TuiMainScreen } from '@earendil-works/pi-tui'

/** What the library sends before a whole redraw: it would take the scrollback with it. */
const clearAll = '\u001b[2J\u001b[H\u001b[3J'

export interface ScreenTerminalOptions {
  /** The terminal has another size; called before the redraw. */
  readonly onResize: () => void
}

export class ScreenTerminal extends ProcessTerminal {
  readonly #onResize: () => void

  constructor({ onResize }: ScreenTerminalOptions) {
    super()
    this.#onResize = onResize
  }

  override start(onInput: (data: string) => void, onResize: () => void): void {
    super.start(onInput, () => {
      this.#onResize()
      onResize()
    })
    // The screen begins at the top of an empty page; what stood there goes into the scrollback.
    super.write(`${'\n'.repeat(Math.max(0, this.rows - 1))}\u001b[H`)
  }

  override write(data: string): void {
    super.write(data.includes(clearAll) ? data.replace(clearAll, this.#clearScreen()) : data)
  }

  /** Line by line, since many terminals move a cleared page into the scrollback, where it would stand twice. */
  #clearScreen(): string {
    return `\u001b[H${'\u001b[2K\u001b[1B'.repeat(this.rows)}\u001b[H`
  }
}

/** Lines kept under the library's comparison; above twice as many, the older half is left to the scrollback. */
const comparedLines = 600

/** Drops lines that left the screen from what `screen` compares at each drawing. Returns how many. */
export function leaveToScrollback(screen: TuiMainScreen): number {
  const state = screen.captureRenderState()
  const gone = Math.min(state.previousLines.length - comparedLines, state.previousViewportTop)
  if (gone < comparedLines) return 0
  screen.restoreRenderState({
    ...state,
    previousLines: state.previousLines.slice(gone),
    cursorRow: state.cursorRow - gone,
    hardwareCursorRow: state.hardwareCursorRow - gone,
    maxLinesRendered: state.maxLinesRendered - gone,
    previousViewportTop: state.previousViewportTop - gone,
  })
  return gone
}
