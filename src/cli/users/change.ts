// Changes people: through the running gateway, so that it takes effect at once; else on the files themselves.
import type { Level } from '../../access/levels.ts'
import type { Config } from '../../config/load.ts'
import { runUsersWords } from '../../gateway/commands/people-commands.ts'
import { openJoins } from '../../gateway/people/joins.ts'
import { openPeople, type People } from '../../gateway/people/people.ts'
import { silentLog } from '../../log.ts'
import { memoryOptionsOf } from '../../memory/configure.ts'
import { openMemory } from '../../memory/memory.ts'
import { migrationsFolder } from '../../package.ts'
import { ask } from '../ask.ts'
import { type Cli, exit } from '../command.ts'
import { type Here, runHere } from '../run-here.ts'

/** `words` as they follow /users in a chat. Resolves to what is said of it. */
export const changePeople = (config: Config, words: string): Promise<string> =>
  runHere(config, `/users ${words}`, here =>
    withPeople(config, here, people => runUsersWords(words, { ...here, people, memory: null })),
  )

/** On a terminal the question is asked; in a script the command itself is the answer. */
export async function mergeTwo(config: Config, cli: Cli, words: string, agreed: boolean): Promise<number> {
  const asked = cli.stdin.isTTY === true && !agreed
  if (asked) {
    const question = await changePeople(config, words)
    const answer = await ask(cli, `${question.split('\n\n')[0]}\n\nJoin them? [y/N] `)
    if (!/^y(es)?$/i.test(answer.trim())) {
      cli.stdout.write('Nothing was changed.\n')
      return exit.failed
    }
  }
  cli.stdout.write(`${await changePeople(config, `${words} yes`)}\n`)
  return exit.done
}

/** Lets a stranger in, or leaves them out. */
export async function decide(
  config: Config,
  verb: 'approve' | 'deny',
  code: string,
  name: string,
  trust: Level | null,
): Promise<string> {
  const command =
    verb === 'deny' ? `/deny ${code}` : `/approve ${code} as ${name}${trust === null ? '' : ` ${trust}`}`
  return runHere(config, command, here =>
    withPeople(config, here, async people =>
      verb === 'approve'
        ? people.approve(code, name, trust, { ...here.author, why: command })
        : people.deny(code),
    ),
  )
}

/** The people of a home on which no gateway runs. */
async function withPeople<T>(
  config: Config,
  { store, configuration }: Here,
  work: (people: People) => Promise<T>,
): Promise<T> {
  using memory = openMemory(memoryOptionsOf(config, { migrations: migrationsFolder('') }))
  using joins = openJoins({
    store,
    memory: () => memory.room,
    workspace: () => config.paths.workspace,
    household: () => configuration.latest().household,
    quietly: async job => job(),
    joined: () => {},
    tell: () => {},
    log: silentLog(),
  })
  return await work(openPeople({ pairings: store.pairings, configuration, joins }))
}
