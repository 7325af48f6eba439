// coop config: reads, changes and rolls back the configuration; comments and order stay.
import { runConfigWords } from '../gateway/commands/config-commands.ts'
import { systemTimezone } from '../gateway/context-line.ts'
import { type Command, exit } from './command.ts'
import { openLastGood } from './home.ts'
import { runHere } from './run-here.ts'

export const config: Command = {
  name: 'config',
  usage: [
    'config get [KEY]',
    'config explain KEY',
    'config set KEY VALUE',
    'config unset KEY',
    'config preview KEY VALUE',
    'config diff [N]',
    'config history',
    'config rollback [N]',
  ],
  summary: 'read and change the configuration',
  async run(args, cli) {
    const { config: found, problem } = openLastGood(cli)
    const words = args.filter(arg => arg !== '--json').join(' ')
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
