// A chat with the gateway of a home: the screen, plain lines on a terminal, or a pipe.
import { CoopError } from '../errors.ts'
import { type ChatEnd, pipeChat, terminalChat } from '../terminal/chat.ts'
import { linkEvents } from '../terminal/link.ts'
import { openPrinter } from '../terminal/printer.ts'
import { unblock } from '../terminal/unblock.ts'
import { type Cli, exit } from './command.ts'
import { connectTo, type Home } from './connect.ts'

export interface ChatOptions {
  readonly user?: string | undefined
  readonly session?: string | undefined
  /** One message; then the end. */
  readonly message?: string | undefined
  /** Plain lines, for screen readers and terminals that cannot do more. */
  readonly plain?: boolean | undefined
}

/** `elsewhere`: the gateway is another process, and may come back when it goes. */
export async function converse(
  home: Home,
  cli: Cli,
  options: ChatOptions,
  elsewhere: boolean,
  said: readonly string[] = [],
): Promise<number> {
  const interactive = cli.stdin.isTTY === true && cli.stdout.isTTY === true && options.message === undefined
  if (interactive && cli.surroundings.screen && !options.plain) {
    const { runScreen } = await import('../terminal/screen/screen.ts')
    const { end, unsent } = await runScreen({
      connect: onEvent => connectTo(home, { client: 'coop', user: options.user, onEvent }),
      session: options.session,
      color: cli.surroundings.color,
      folder: process.cwd(),
      reconnect: elsewhere,
      said,
      jobs: cli.jobs,
      signal: cli.signal,
    })
    for (const text of unsent) cli.stderr.write(`Not sent, since the gateway was away: ${text}\n`)
    return exitOf(end)
  }
  for (const text of said) cli.stderr.write(`${text}\n`)
  unblock(cli.stdout)
  const printer = openPrinter({
    write: text => cli.stdout.write(text),
    color: interactive && cli.surroundings.color,
    others: false,
    streaming: interactive,
    tools: interactive,
  })
  const events = linkEvents(event => printer.show(event))
  const { client, who } = await connectTo(home, {
    client: 'coop',
    user: options.user,
    onEvent: events.onEvent,
  })
  using _ = client
  const link = await events.open(client, who, options.session)
  if (who.notice) cli.stderr.write(`${who.notice}\n`)
  if (options.message !== undefined) {
    const asked = await link.ask(options.message, cli.signal)
    if (asked === 'failed') return exit.failed
    return exitOf(asked === 'answered' ? 'end' : asked)
  }
  if (interactive)
    cli.stdout.write(`${who.name}, ${who.level}; ${who.model}. /help lists the commands, Ctrl-D leaves.\n`)
  let anyRefused = false
  const refused = (error: CoopError) => {
    anyRefused = true
    cli.stderr.write(`coop: ${error.message}\n`)
  }
  const end = interactive
    ? await terminalChat(cli, link, printer, cli.signal)
    : await pipeChat(cli, link, refused, cli.signal)
  return anyRefused && end === 'end' ? exit.failed : exitOf(end)
}

function exitOf(end: ChatEnd): number {
  if (end === 'gone')
    throw new CoopError(
      'gateway_unreachable',
      'The gateway closed the connection; start it again with `coop start`.',
    )
  return end === 'interrupted' ? exit.interrupted : exit.done
}
