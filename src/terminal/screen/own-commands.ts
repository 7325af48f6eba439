// The commands that this client answers itself.
import type { LiveLink } from '../live-link.ts'
import type { Choice } from './chooser.ts'
import type { OwnCommand } from './completion.ts'
import { minute, saidIn, sessionChoices, wordChoices } from './find.ts'
import { helpText } from './help.ts'
import type { Prompts } from './prompts.ts'

export interface OwnCommandsOptions {
  readonly link: LiveLink
  readonly prompts: Prompts
  readonly say: (text: string) => void
  /** After a choice: a question that came meanwhile was not put. */
  readonly again: () => void
  readonly follow: (session: string) => Promise<void>
  readonly toEditor: (text: string) => void
  readonly leave: () => void
}

/** Each takes what was written behind its name. */
export function openOwnCommands(
  options: OwnCommandsOptions,
): Record<OwnCommand, (rest: string) => Promise<void>> {
  const { link, say } = options
  const choose = (title: string, choices: readonly Choice[], filter?: string) =>
    options.prompts.choose(title, choices, filter).finally(options.again)

  return {
    async help() {
      say(helpText(await link.call('command/list', { session: link.session })))
    },
    async sessions() {
      const wanted = await choose('Switch to: Enter switches, Esc stays', await sessionChoices(link))
      if (wanted !== null) await options.follow(wanted)
    },
    async search(filter) {
      const found = await saidIn(link)
      const title = 'Search: Enter takes your words to the editor, Esc leaves them'
      const chosen = await choose(title, wordChoices(found), filter)
      if (chosen === null) return
      const { text, own, at } = found[Number(chosen)]!
      if (own) options.toEditor(text)
      else say(`${minute(at)}: ${text}`)
    },
    async exit() {
      options.leave()
    },
  }
}
