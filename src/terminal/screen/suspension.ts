// Ctrl-Z: the terminal goes back to the shell, and the screen is drawn anew when the program goes on.
import type { Page } from './page.ts'

/** The shell's job control, as the program's entry hands it on. */
export interface Jobs {
  /** Stops this process with all that the shell started together with it. */
  suspend(): void
  /** `listener` is told each time that the process goes on after a stop. */
  onContinue(listener: () => void): Disposable
}

export interface Suspension extends Disposable {
  suspend(): void
}

/** Without a shell the system ignores a stop; then the screen is back after so long. */
const ignoredMs = 300

/** `ready` is called before the page is drawn again from its top. */
export function openSuspension(jobs: Jobs | undefined, page: Page, ready: () => void): Suspension {
  let ignored: NodeJS.Timeout | undefined

  /** Also after a stop that was not asked for here: the shell has set the terminal to its own ways meanwhile. */
  function goOn(): void {
    if (ignored) clearTimeout(ignored)
    else page.stop()
    ignored = undefined
    ready()
    page.startAnew()
  }

  const listening = jobs?.onContinue(goOn)
  return {
    suspend() {
      if (ignored || !jobs) return
      page.stop()
      ignored = setTimeout(goOn, ignoredMs)
      jobs.suspend()
    },
    [Symbol.dispose]() {
      clearTimeout(ignored)
      listening?.[Symbol.dispose]()
    },
  }
}
