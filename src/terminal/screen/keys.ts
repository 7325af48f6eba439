// The keys that mean something to the chat itself, wherever the cursor is; all others go to the editor.
import { type Editor, matchesKey } from '@earendil-works/pi-tui'
import type { ChatEnd } from '../chat.ts'
import type { Activity } from './activity.ts'
import type { Approvals } from './approvals.ts'
import type { Page } from './page.ts'
import type { Prompts } from './prompts.ts'

export interface KeysOptions {
  readonly editor: Pick<Editor, 'getText' | 'setText'>
  readonly prompts: Pick<Prompts, 'open'>
  readonly approvals: Pick<Approvals, 'asking'>
  readonly activity: Pick<Activity, 'running'>
  readonly tui: Pick<Page, 'requestRender'>
  readonly hint: (text: string) => void
  /** Stops the running turn. */
  readonly stop: () => void
  readonly suspend: () => void
  readonly refold: () => void
  readonly search: (text: string) => void
  readonly sessions: () => void
  readonly leave: (end: ChatEnd) => void
}

export interface Keys extends Disposable {
  /** Takes one key; undefined where it is not one of these. */
  take(data: string): { consume: true } | undefined
}

/** How long after one Ctrl-C another one leaves. */
const leaveMs = 2_000

export function openKeys(options: KeysOptions): Keys {
  const { editor, prompts, approvals, activity, tui, hint, leave } = options
  let interrupted: NodeJS.Timeout | null = null

  function interrupt(): void {
    if (interrupted) return leave('interrupted')
    if (editor.getText() !== '') editor.setText('')
    if (activity.running) options.stop()
    hint(activity.running ? 'stopping; Ctrl-C again leaves' : 'Ctrl-C again leaves')
    interrupted = setTimeout(() => {
      interrupted = null
      hint('')
      tui.requestRender()
    }, leaveMs)
    tui.requestRender()
  }

  return {
    take(data) {
      if (matchesKey(data, 'ctrl+c') && (approvals.asking || !prompts.open)) interrupt()
      else if (matchesKey(data, 'ctrl+z')) options.suspend()
      else if (prompts.open) return undefined
      else if (matchesKey(data, 'ctrl+d') && editor.getText() === '') leave('end')
      else if (matchesKey(data, 'ctrl+o')) {
        options.refold()
        tui.requestRender(true)
      } else if (matchesKey(data, 'ctrl+r')) options.search(editor.getText())
      else if (matchesKey(data, 'ctrl+t')) options.sessions()
      else return undefined
      return { consume: true }
    },
    [Symbol.dispose]() {
      if (interrupted) clearTimeout(interrupted)
    },
  }
}
