// /config: what the terminal's `coop config` does, for who is fully trusted and alone with the agent.
import { editText } from '../../config/edit.ts'
import { explainKey } from '../../config/explain.ts'
import { CoopError } from '../../errors.ts'
import { editFromWords, getKey, historyText, planLines } from '../configuration/config-hand.ts'
import type { Configuration } from '../configuration/configuration.ts'
import type { Author } from '../configuration/history.ts'
import { type Plan, planText } from '../configuration/plan.ts'
import { reportLine, reportPeople } from '../people/preview.ts'
import { type ChatCommand, callOf, say, sayFault, saySecret } from './command.ts'

export interface ConfigWords {
  readonly configuration: Configuration
  readonly author: Omit<Author, 'why'>
  readonly timezone: string
}

const usage =
  'get [KEY] · explain KEY · set KEY VALUE · unset KEY · preview KEY VALUE · diff [N] · history · rollback [N]'

/** Runs `verb rest` on the configuration; resolves to the answer. Throws for what is not understood or refused. */
export async function runConfigWords(args: string, words: ConfigWords): Promise<string> {
  const { configuration, timezone } = words
  const [verb = 'history', key = '', ...rest] = args.split(/\s+/).filter(Boolean)
  const value = rest.join(' ')
  switch (verb) {
    case 'get':
      return getKey(configuration, key)
    case 'explain':
      return explainKey(key)
    case 'history':
      return historyText(configuration.history(20), timezone)
    case 'diff': {
      const wanted = configuration.history(1_000).find(({ id }) => key === '' || id === Number(key))
      if (!wanted) throw new CoopError('not_found', 'There is no such generation; the history lists them.')
      return historyText([wanted], timezone)
    }
    case 'set':
    case 'unset':
    case 'preview': {
      if (!key || (verb !== 'unset' && !value)) throw new CoopError('usage_wrong', `config takes ${usage}`)
      const edit = verb === 'unset' ? { key } : editFromWords(key, value)
      const plan = () => planText(configuration.latest(), editText(configuration.latest().text, [edit]))
      if (verb === 'preview') return previewText(plan())
      const wish = () => {
        const { right, lines, next } = plan()
        if (right === 'terminal' && words.author.via !== 'terminal')
          throw new CoopError(
            'not_permitted',
            `This can only be changed at the terminal:\n${lines.join('\n')}`,
          )
        return next.text
      }
      return configuration.change(wish, { ...words.author, why: `${verb} ${key}` })
    }
    case 'rollback': {
      const id = key === '' ? null : Number(key)
      const wanted = id === null ? undefined : configuration.history(1_000).find(one => one.id === id)
      const plan = wanted && planText(configuration.latest(), wanted.text)
      if (plan?.right === 'terminal' && words.author.via !== 'terminal')
        throw new CoopError('not_permitted', 'Going back there can only be done at the terminal.')
      return configuration.rollback(id, { ...words.author, why: `back to ${id ?? 'what held before'}` })
    }
    default:
      throw new CoopError('usage_wrong', `config does not know “${verb}”; it takes ${usage}`)
  }
}

export interface ConfigCommandOptions {
  readonly configuration: Configuration
  readonly timezone: (person: string | null) => string
}

export function configCommands(options: ConfigCommandOptions): ChatCommand[] {
  return [
    {
      name: 'config',
      usage: '/config [get|set|explain|history|rollback …]',
      summary: 'read and change the configuration',
      level: 'full',
      async run(context) {
        const { args, clearance, person } = context
        if (!person || clearance.place.kind !== 'direct') return say('In a direct chat with me, please.')
        const via = clearance.place.channel === 'terminal' ? 'terminal' : 'chat'
        try {
          const author = { who: person.id, via, ...callOf(context) } as const
          const timezone = options.timezone(person.id)
          return saySecret(
            await runConfigWords(args, { configuration: options.configuration, author, timezone }),
          )
        } catch (error) {
          return sayFault(error)
        }
      },
    },
  ]
}

const previewText = (plan: Plan): string =>
  `${planLines(plan)}\n\nThen each person would get:\n${reportPeople(plan.next).map(reportLine).join('\n')}`
