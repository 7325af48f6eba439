// coop users: people, and strangers who wait for an owner's word.
import { parseArgs } from 'node:util'
import { CoopError } from '../errors.ts'
import { levelNamed } from '../gateway/people/people.ts'
import { type Command, exit } from './command.ts'
import { openConfig } from './home.ts'
import { changePeople, decide, mergeTwo } from './users/change.ts'
import { listPeople, showPerson, showSight } from './users/look.ts'

export const users: Command = {
  name: 'users',
  usage: [
    'users [list] [--json]',
    'users show NAME [--would-see] [--has-seen] [--about TEXT] [--limit 20] [--json]',
    'users approve CODE --as NAME --trust LEVEL',
    'users deny CODE',
    'users set NAME [--trust LEVEL] [--name NEW]',
    'users merge NAME INTO [--yes]',
  ],
  summary: 'people, and strangers who wait',
  async run(args, cli) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean' },
        as: { type: 'string' },
        trust: { type: 'string' },
        name: { type: 'string' },
        yes: { type: 'boolean' },
        'would-see': { type: 'boolean' },
        'has-seen': { type: 'boolean' },
        about: { type: 'string' },
        limit: { type: 'string' },
      },
    })
    const [verb = 'list', subject, other] = positionals
    const config = openConfig(cli)
    if (verb === 'merge' && subject && other)
      return mergeTwo(config, cli, `merge ${subject} ${other}`, values.yes ?? false)
    if (verb === 'set' || verb === 'merge') {
      for (const words of changesOf(subject, values))
        cli.stdout.write(`${await changePeople(config, words)}\n`)
      return exit.done
    }
    if (verb === 'list') return listPeople(config, cli, values.json ?? false)
    if (verb !== 'show' && verb !== 'approve' && verb !== 'deny')
      throw new CoopError('usage_wrong', `users does not know "${verb}"; see \`coop help users\`.`)
    if (!subject)
      throw new CoopError(
        'usage_wrong',
        verb === 'show'
          ? 'Say whom: `coop users show NAME`.'
          : `Say which code: \`coop users ${verb} CODE\`.`,
      )
    if (verb === 'show' && values.as)
      throw new CoopError(
        'usage_wrong',
        '--as belongs to `coop users approve`; `show` is for who owns the home.',
      )
    if (verb === 'show')
      return values['would-see'] || values['has-seen']
        ? showSight(config, subject, cli, values)
        : showPerson(config, subject, cli, values.json ?? false)
    if (verb === 'approve' && !values.as) throw new CoopError('usage_wrong', 'Say who it is: --as NAME.')
    const trust = values.trust === undefined ? null : levelNamed(values.trust)
    const said = await decide(config, verb, subject, values.as ?? '', trust)
    cli.stdout.write(`${said}\n`)
    return exit.done
  },
}

/** The same words as in a chat, one change each. */
function changesOf(
  who: string | undefined,
  { trust, name }: { trust?: string | undefined; name?: string | undefined },
): string[] {
  const changes = [
    ...(trust === undefined ? [] : [`level ${who} ${levelNamed(trust)}`]),
    ...(name === undefined ? [] : [`rename ${who} ${name}`]),
  ]
  if (!who || changes.length === 0)
    throw new CoopError(
      'usage_wrong',
      'Say `coop users set NAME --trust LEVEL` or `coop users merge NAME INTO`.',
    )
  return changes
}
