// What /help says on the screen: the gateway's commands, this client's own, and the keys.
import { ownCommands, type Vocabulary } from './completion.ts'

/** As docs/terminal.md has them, in a few words each. */
const keys: readonly (readonly [key: string, does: string])[] = [
  ['Enter', 'sends; Shift-Enter, Ctrl-J or \\ before Enter begins a new line'],
  ['Up, Down', 'what you wrote before'],
  ['Tab, /, @', 'complete commands, models, people and paths'],
  ['Ctrl-C', 'stops the running turn, or clears the line; twice leaves'],
  ['Ctrl-D', 'leaves, on an empty line'],
  ['Ctrl-Z', 'gives the terminal to the shell; fg comes back'],
  ['Ctrl-O', 'unfolds tool steps and long pastes, and folds them again'],
  ['Ctrl-R', 'searches this conversation'],
  ['Ctrl-T', 'switches to another conversation'],
]

export function helpText({ commands }: Pick<Vocabulary, 'commands'>): string {
  const own = new Set<string>(ownCommands.map(command => command.name))
  const line = (usage: string, does: string) => `${usage} — ${does}`
  return [
    ...commands.filter(command => !own.has(command.name)).map(({ usage, summary }) => line(usage, summary)),
    '',
    'In this terminal:',
    ...ownCommands.map(({ usage, description }) => line(usage, description)),
    ...keys.map(([key, does]) => line(key, does)),
  ].join('\n')
}
