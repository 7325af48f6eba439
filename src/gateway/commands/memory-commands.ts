// The command about what is remembered: /forget.
import { forgetFor, forgottenText } from '../../desk/forget.ts'
import { messageOf } from '../../errors.ts'
import type { Memory } from '../../memory/memory.ts'
import type { Store } from '../../store/store.ts'
import { type ChatCommand, type ChatContext, type CommandResult, say } from './command.ts'

export interface MemoryCommandOptions {
  readonly store: Store
  readonly memory: Memory
}

/** More than this goes only at a second word. */
const atOnce = 10

export function memoryCommands({ store, memory }: MemoryCommandOptions): ChatCommand[] {
  return [
    {
      name: 'forget',
      usage: '/forget WORDS|ID',
      summary: 'forget for good what says all these words, with the messages it came from',
      level: 'inner',
      async run(context) {
        const [first = '', ...rest] = context.args.split(/\s+/).filter(Boolean)
        const sure = first === 'yes' && rest.length > 0
        const words = sure ? rest.join(' ') : context.args.trim()
        if (words === '')
          return say('Say what to forget: /forget and the words that all of it has, or the id of one memory.')
        try {
          return await forget(context, words, sure)
        } catch (error) {
          return say(messageOf(error))
        }
      },
    },
  ]

  async function forget(
    { clearance, row }: ChatContext,
    words: string,
    sure: boolean,
  ): Promise<CommandResult> {
    const view = memory.open(clearance)
    const byId = /^[0-9a-f]{8,32}$/.test(words)
    const count = sure || byId ? 0 : view.saying(words)
    if (count > atOnce) {
      const yes = `/forget yes ${words}`
      return say(`${count} memories say that. To forget them all: ${yes}`, [
        { id: yes, label: 'Forget them all' },
      ])
    }
    // The request says it too.
    if (row) store.inbox.rewrite(row.id, { ...row.inbound, text: '/forget' })
    const what = byId ? { id: words } : { query: words }
    return say(forgottenText(await forgetFor(store.db, view, clearance, what, true)))
  }
}
