// Completion in the editor: commands, models and people from the gateway, paths from the disk.
import {
  type AutocompleteItem,
  type AutocompleteProvider,
  CombinedAutocompleteProvider,
  fuzzyFilter,
  type SlashCommand,
} from '@earendil-works/pi-tui'
import type { Results } from '../../protocol/messages.ts'

export type Vocabulary = Results['command/list']

/** Commands that this client answers itself. */
export const ownCommands = [
  { name: 'help', usage: '/help', description: 'list the commands and the keys' },
  { name: 'sessions', usage: '/sessions', description: 'switch to another conversation' },
  { name: 'search', usage: '/search TEXT', description: 'search this conversation', argumentHint: 'TEXT' },
  { name: 'exit', usage: '/exit', description: 'leave this chat' },
] as const

export type OwnCommand = (typeof ownCommands)[number]['name']

const takesModel = new Set(['model'])
const takesPerson = new Set(['forget', 'whoami', 'approve'])

export function completionOf(vocabulary: Vocabulary, folder: string): AutocompleteProvider {
  const own = new Set<string>(ownCommands.map(command => command.name))
  const people = vocabulary.people.map(name => ({ value: name, label: name }))
  const models = vocabulary.models.map(name => ({ value: name, label: name }))
  const pick = (items: AutocompleteItem[], prefix: string) =>
    prefix ? fuzzyFilter(items, prefix, item => item.label) : items
  const commands: SlashCommand[] = [
    ...vocabulary.commands
      .filter(command => !own.has(command.name))
      .map(({ name, summary }) => ({
        name,
        description: summary,
        ...(takesModel.has(name) ? { getArgumentCompletions: (prefix: string) => pick(models, prefix) } : {}),
        ...(takesPerson.has(name)
          ? { getArgumentCompletions: (prefix: string) => pick(people, prefix) }
          : {}),
      })),
    ...ownCommands,
  ].sort((a, b) => a.name.localeCompare(b.name))
  const combined = new CombinedAutocompleteProvider(commands, folder, null)

  return {
    triggerCharacters: ['@'],
    async getSuggestions(lines, row, column, options) {
      const word = /(?:^|\s)@([\p{L}\p{N}_-]*)$/u.exec((lines[row] ?? '').slice(0, column))
      if (!word) return combined.getSuggestions(lines, row, column, options)
      const items = pick(people, word[1]!)
      return items.length > 0 ? { items, prefix: `@${word[1]}` } : null
    },
    applyCompletion(lines, row, column, item, prefix) {
      if (!prefix.startsWith('@') || !people.some(person => person.value === item.value))
        return combined.applyCompletion(lines, row, column, item, prefix)
      const line = lines[row] ?? ''
      const before = `${line.slice(0, column - prefix.length)}${item.value} `
      return {
        lines: lines.with(row, before + line.slice(column)),
        cursorLine: row,
        cursorCol: before.length,
      }
    },
    shouldTriggerFileCompletion: (lines, row, column) =>
      combined.shouldTriggerFileCompletion(lines, row, column),
  }
}
