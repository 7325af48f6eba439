// The page that is drawn: differences alone, a whole redraw of no more than the screen, and nothing while the terminal is busy.
import { TuiMainScreen } from '@earendil-works/pi-tui'
import { clearAll, type ScreenTerminal } from './screen-terminal.ts'

/** Lines kept under the library's comparison; above twice as many, the older half is left to the scrollback. */
const comparedLines = 600

export class Page extends TuiMainScreen {
  readonly #terminal: ScreenTerminal
  readonly #cut: () => void
  #waiting = false

  /** `cut` makes the page no longer than the screen: what is above stands in the scrollback already. */
  constructor(terminal: ScreenTerminal, cut: () => void) {
    super(terminal)
    this.#terminal = terminal
    this.#cut = cut
  }

  protected override doRender(): void {
    if (this.#terminal.busy) return this.#later()
    const drawn = this.#terminal.collect(() => super.doRender())
    if (!drawn.includes(clearAll)) return this.#terminal.write(drawn)
    this.#cut()
    this.resetRenderState()
    const page = this.#terminal.collect(() => super.doRender()).replace(clearAll, '')
    this.#terminal.clearPage()
    this.#terminal.write(page)
  }

  /** Draws everything again, from the top of an empty page, after `stop`. */
  startAnew(): void {
    this.resetRenderState()
    this.start()
    // A drawing that was due at the stop stays due in the library's eyes, and no other would come.
    this.requestRender(true)
  }

  #later(): void {
    if (this.#waiting) return
    this.#waiting = true
    this.#terminal.whenFree(() => {
      this.#waiting = false
      this.requestRender()
    })
  }

  /** Drops lines that left the screen from what is compared at each drawing. Returns how many. */
  leaveToScrollback(): number {
    const state = this.captureRenderState()
    const gone = Math.min(state.previousLines.length - comparedLines, state.previousViewportTop)
    if (gone < comparedLines) return 0
    this.restoreRenderState({
      ...state,
      previousLines: state.previousLines.slice(gone),
      cursorRow: state.cursorRow - gone,
      hardwareCursorRow: state.hardwareCursorRow - gone,
      maxLinesRendered: state.maxLinesRendered - gone,
      previousViewportTop: state.previousViewportTop - gone,
    })
    return gone
  }
}
