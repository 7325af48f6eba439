// coop version
import { coopVersion } from '../package.ts'
import { type Command, exit } from './command.ts'

export const version: Command = {
  name: 'version',
  usage: ['version'],
  summary: 'print the version',
  async run(_args, { stdout }) {
    stdout.write(`${coopVersion()}\n`)
    return exit.done
  },
}
