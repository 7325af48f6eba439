// coop trace: what a message went through, as a tree.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { CoopError } from '../errors.ts'
import { follow } from '../trace/follow.ts'
import { newestTraces, parseSpan, readSpans, treeText } from '../trace/read.ts'
import { type Cli, type Command, exit } from './command.ts'
import { findHome } from './find-home.ts'

const shown = 5

export const trace: Command = {
  name: 'trace',
  usage: ['trace [ID] [--follow] [--json]'],
  summary: 'a turn as a tree: spans, times, tokens, cost',
  async run(args, cli) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { follow: { type: 'boolean' }, json: { type: 'boolean' } },
    })
    const path = tracePath(cli)
    if (values.follow) {
      for await (const line of follow(path, cli.signal))
        for (const span of parseSpan(line)) cli.stdout.write(`${treeText([span])}\n`)
      return cli.signal.aborted ? exit.interrupted : exit.done
    }
    const [wanted] = positionals
    const spans = readSpans(path)
    const traces =
      wanted === undefined
        ? newestTraces(spans, shown)
        : newestTraces(
            spans.filter(span => span.traceId.startsWith(wanted)),
            shown,
          )
    if (wanted !== undefined && traces.length === 0)
      throw new CoopError('not_found', `There is no trace ${wanted}; \`coop trace\` shows the newest.`)
    if (traces.length === 0) cli.stderr.write('There are no traces yet; each message leaves one.\n')
    for (const found of traces)
      cli.stdout.write(values.json ? `${JSON.stringify(found)}\n` : `${treeText(found)}\n\n`)
    return exit.done
  },
}

const tracePath = (cli: Cli): string =>
  cli.surroundings.traceFile ?? join(findHome(cli).home, 'traces', 'trace.jsonl')
