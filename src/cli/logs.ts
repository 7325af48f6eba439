// coop logs: the newest log lines, and those to come.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { logPath } from '../config/places.ts'
import { CoopError } from '../errors.ts'
import { readable } from '../log.ts'
import { follow } from '../trace/follow.ts'
import { rolledFiles } from '../trace/rolling-file.ts'
import { type Command, exit } from './command.ts'
import { findHome } from './find-home.ts'

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
    const path = logPath(findHome(cli))
    const show = (line: string) => cli.stdout.write(values.json ? `${line}\n` : readable(line))
    const end = existsSync(path) ? statSync(path).size : 0
    const lines = tail(path, count, end)
    if (end === 0 && lines.length === 0) cli.stderr.write(`There is no log yet: ${path}\n`)
    for (const line of lines) show(line)
    if (values.follow) for await (const line of follow(path, cli.signal, end)) show(line)
    return cli.signal.aborted ? exit.interrupted : exit.done
  },
}

/** The last lines, of the newest file no more than its first `end` bytes: the rest is followed. */
function tail(path: string, count: number, end: number): string[] {
  const lines: string[] = []
  for (const file of rolledFiles(path).reverse()) {
    const bytes = readFileSync(file)
    const text = (file === path ? bytes.subarray(0, end) : bytes).toString('utf8')
    lines.unshift(...text.split('\n').filter(Boolean))
    if (lines.length >= count) break
  }
  return count === 0 ? [] : lines.slice(-count)
}
