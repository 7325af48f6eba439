// A list to choose from, narrowed by typing: sessions, and the words of a conversation.
import {
  type Component,
  type Focusable,
  Input,
  matchesKey,
  SelectList,
  truncateToWidth,
} from '@earendil-works/pi-tui'
import type { Theme } from './theme.ts'

export interface Choice {
  readonly value: string
  readonly label: string
  readonly description?: string
}

export interface Chooser extends Component, Focusable {
  handleInput(data: string): void
}

export interface ChooserOptions {
  readonly title: string
  readonly choices: readonly Choice[]
  readonly filter: string
  readonly theme: Theme
  readonly onChoice: (value: string | null) => void
}

const shown = 8

export function openChooser({ title, choices, filter, theme, onChoice }: ChooserOptions): Chooser {
  const input = new Input()
  input.setValue(filter)
  input.handleInput('\u0005')
  let list = narrow()

  function narrow(): SelectList {
    const words = input.getValue().toLowerCase().split(/\s+/).filter(Boolean)
    const fitting = choices.filter(({ label, description }) => {
      const text = `${label} ${description ?? ''}`.toLowerCase()
      return words.every(word => text.includes(word))
    })
    const made = new SelectList([...fitting], shown, theme.list, { maxPrimaryColumnWidth: 200 })
    made.onSelect = item => onChoice(item.value)
    made.onCancel = () => onChoice(null)
    return made
  }

  return {
    get focused() {
      return input.focused
    },
    set focused(on) {
      input.focused = on
    },
    render: width => [
      truncateToWidth(theme.bold(title), width, '…'),
      ...input.render(width),
      ...(list.getSelectedItem()
        ? list.render(width).map(line => truncateToWidth(line, width, ''))
        : [theme.dim('  Nothing fits.')]),
    ],
    invalidate() {
      list.invalidate()
    },
    handleInput(data) {
      if (
        ['up', 'down', 'pageUp', 'pageDown', 'enter', 'escape', 'ctrl+c'].some(key =>
          matchesKey(data, key as 'up'),
        )
      )
        return list.handleInput(data)
      const before = input.getValue()
      input.handleInput(data)
      if (input.getValue() !== before) list = narrow()
    },
  }
}
