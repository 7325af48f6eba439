// coop config: reads, changes and rolls back the configuration; comments and order stay.
import { join } from 'node:path'
import { explainKey } from '../config/explain.ts'
import type { Config } from '../config/load.ts'
import { CoopError } from '../errors.ts'
import { runConfigWords } from '../gateway/commands/config-commands.ts'
import { valueAt } from '../gateway/configuration/config-hand.ts'
import { systemTimezone } from '../gateway/zone.ts'
import { migrationsFolder } from '../package.ts'
import { openStore } from '../store/store.ts'
import { type Command, exit } from './command.ts'
import { openLastGood } from './home.ts'
import { runHere } from './run-here.ts'

/** Generations that are shown. */
const mostGenerations = 1_000

export const config: Command = {
  name: 'config',
  usage: [
    'config get [KEY] [--json]',
    'config explain KEY',
    'config set KEY VALUE',
    'config unset KEY',
    'config preview KEY VALUE',
    'config diff [N] [--json]',
    'config history [--json]',
    'config rollback [N]',
  ],
  summary: 'read and change the configuration',
  async run(args, cli) {
    const { config: found, problem } = openLastGood(cli)
    const json = args.includes('--json')
    const [verb = 'history', key = '', ...rest] = args.filter(arg => arg !== '--json')
    const words = [verb, key, ...rest].join(' ').trim()
    if (problem !== null && verb !== 'rollback')
      cli.stderr.write(`${problem}\nThe last good configuration is used instead.\n`)
    if (json) {
      for (const line of dataOf(found, verb, key)) cli.stdout.write(`${JSON.stringify(line)}\n`)
      return exit.done
    }
    const timezone = found.settings.agent.timezone ?? systemTimezone()
    const said = await runHere(
      found,
      `/config ${words}`,
      ({ configuration, author }) => runConfigWords(words, { configuration, author, timezone }),
      problem,
    )
    cli.stdout.write(`${said}\n`)
    return exit.done
  },
}

/** What the reading verbs tell, for programs: one value, or one generation a line. */
function dataOf(config: Config, verb: string, key: string): readonly unknown[] {
  if (verb === 'get') {
    if (key !== '') explainKey(key)
    return [valueAt(config, key) ?? null]
  }
  if (verb !== 'history' && verb !== 'diff')
    throw new CoopError('usage_wrong', `config ${verb} has no --json; get, diff and history have.`)
  using store = openStore(join(config.paths.db, 'coop.db'), migrationsFolder('coop'))
  const all = store.generations.list(mostGenerations)
  const shown =
    verb === 'history' ? all : all.filter(({ id }) => key === '' || id === Number(key)).slice(0, 1)
  if (verb === 'diff' && shown.length === 0)
    throw new CoopError('not_found', 'There is no such generation; the history lists them.')
  return shown.map(({ text: _, at, ...generation }) => ({ ...generation, at: new Date(at).toISOString() }))
}
