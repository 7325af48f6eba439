// What stands between the conversation and the editor and takes the keys: a question, or a list to choose from.
import { type Component, Container, type Editor, type TUI } from '@earendil-works/pi-tui'
import { type Choice, openChooser } from './chooser.ts'
import type { Theme } from './theme.ts'

export interface Prompts {
  readonly component: Component
  readonly open: boolean
  show(component: Component): void
  close(): void
  /** Resolves to the chosen value; null when its person turned away. */
  choose(title: string, choices: readonly Choice[], filter?: string): Promise<string | null>
}

export function openPrompts(tui: TUI, editor: Editor, theme: Theme): Prompts {
  const place = new Container()
  const prompts: Prompts = {
    component: place,
    get open() {
      return place.children.length > 0
    },
    show(component) {
      place.clear()
      place.addChild(component)
      tui.setFocus(component)
      tui.requestRender()
    },
    close() {
      place.clear()
      tui.setFocus(editor)
      tui.requestRender()
    },
    choose: (title, choices, filter = '') =>
      new Promise(resolve => {
        const onChoice = (value: string | null) => {
          prompts.close()
          resolve(value)
        }
        prompts.show(openChooser({ title, choices, filter, theme, onChoice }))
      }),
  }
  return prompts
}
