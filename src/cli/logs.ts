// coop logs: the newest log lines, and those to come.
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { logPath } from '../coop.ts'
import { CoopError } from '../errors.ts'
import { readable } from '../log.ts'
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

/** Lines as they are appended, over rotations, until `signal` aborts. */
async function* follow(path: string, signal: AbortSignal): AsyncGenerator<string> {
  let position = sizeOf(path)
  let rest = ''
  while (!signal.aborted) {
    const size = sizeOf(path)
    if (size < position) position = 0
    if (size > position) {
      const text = rest + readFrom(path, position, size)
      position = size
      const lines = text.split('\n')
      rest = lines.pop() ?? ''
      yield* lines
    }
    await sleep(200, undefined, { signal }).catch(() => {})
  }
}

function sizeOf(path: string): number {
  return withFile(path, file => fstatSync(file).size) ?? 0
}

function readFrom(path: string, from: number, to: number): string {
  const buffer = Buffer.alloc(to - from)
  return (
    withFile(path, file => buffer.toString('utf8', 0, readSync(file, buffer, 0, buffer.length, from))) ?? ''
  )
}

function withFile<T>(path: string, use: (file: number) => T): T | undefined {
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    return use(file)
  } catch {
    return undefined
  } finally {
    if (file !== undefined) closeSync(file)
  }
}
