// coop logs: the newest log lines, and those to come.
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { logPath } from '../coop.ts'
import { CoopError } from '../errors.ts'
import { readable } from '../log.ts'
import { follow } from '../trace/follow.ts'
import { rolledFiles } from '../trace/rolling-file.ts'
import { type Command, exit } from './command.ts'
import { openConfig } from './home.ts'

export const logs: Command = {
  name: 'logs',
  usage: ['logs [-f] [-n 50]'],
  summary: 'the newest log lines',
  async run(args, cli) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        follow: { type: 'boolean', short: 'f' },
        lines: { type: 'string', short: 'n', default: '50' },
        json: { type: 'boolean' },
      },
    })
    const count = Number(values.lines)
    if (!Number.isInteger(count) || count < 0)
      throw new CoopError('usage_wrong', '-n takes a number of lines.')
    const path = logPath(openConfig(cli))
    const show = (line: string) => cli.stdout.write(values.json ? `${line}\n` : readable(line))
    for (const line of tail(path, count)) show(line)
    if (values.follow) for await (const line of follow(path, cli.signal)) show(line)
    return exit.done
  },
}

function tail(path: string, count: number): string[] {
  const lines: string[] = []
  for (const file of rolledFiles(path).reverse()) {
    lines.unshift(...readFileSync(file, 'utf8').split('\n').filter(Boolean))
    if (lines.length >= count) break
  }
  return count === 0 ? [] : lines.slice(-count)
}
