// coop, coop chat, coop attach: a chat here, on the running gateway or on one of its own.

import { userInfo } from 'node:os'
import { parseArgs } from 'node:util'
import { openModels } from '../agent/models/models.ts'
import { loadOrLastGood } from '../config/last-good.ts'
import { type Config, findConfig, loadConfig } from '../config/load.ts'
import { type Coop, coopVersion, openCoop } from '../coop.ts'
import { CoopError } from '../errors.ts'
import { type ChatEnd, pipeChat, terminalChat } from '../terminal/chat.ts'
import { linkEvents } from '../terminal/link.ts'
import { openPrinter } from '../terminal/printer.ts'
import { unblock } from '../terminal/unblock.ts'
import { type Cli, type Command, exit } from './command.ts'
import { connectTo, isRunning, makeHome, requireOwnHome } from './home.ts'

interface ChatOptions {
  readonly user?: string | undefined
  readonly session?: string | undefined
  /** One message; then the end. */
  readonly message?: string | undefined
  /** Plain lines, for screen readers and terminals that cannot do more. */
  readonly plain?: boolean | undefined
}

export const home: Command = {
  name: '',
  usage: ['[--user NAME] [--plain] [-m TEXT]'],
  summary: 'attach to the running gateway, or start one and chat',
  run: chatBy,
}

export const chat: Command = {
  name: 'chat',
  usage: ['chat [--user NAME] [--plain] [-m TEXT]'],
  summary: 'a gateway and a chat in one process',
  run: chatBy,
}

export const attach: Command = {
  name: 'attach',
  usage: ['attach [SESSION] [--user NAME] [--plain]'],
  summary: 'a chat on the running gateway',
  async run(args, cli) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { user: { type: 'string' }, plain: { type: 'boolean' } },
    })
    const path = findConfig(cli.config)
    if (!path)
      throw new CoopError(
        'gateway_unreachable',
        'There is no home and no gateway; run `coop init`, then `coop start`.',
      )
    return converse(loadConfig(path), cli, { ...values, session: positionals[0] }, true)
  },
}

async function chatBy(args: readonly string[], cli: Cli): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      user: { type: 'string' },
      plain: { type: 'boolean' },
      message: { type: 'string', short: 'm' },
    },
  })
  if (values.message !== undefined && values.message.trim() === '')
    throw new CoopError('usage_wrong', '-m takes a message.')
  return chatHere(cli, values)
}

/** Attaches if a gateway runs on this home, else opens one in this process. Makes the home if there is none. */
async function chatHere(cli: Cli, options: ChatOptions): Promise<number> {
  const loaded = loadOrLastGood(findConfig(cli.config) ?? newHome(cli))
  if (loaded.problem !== null)
    cli.stderr.write(`${loaded.problem}\nThe last good configuration is used instead.\n`)
  const config = withAnswerer(loaded.config)
  requireOwnHome(config)
  await using coop: Coop | null = (await isRunning(config))
    ? null
    : await openCoop({
        config,
        problem: loaded.problem,
        adapt: withAnswerer,
        surroundings: cli.surroundings,
        version: coopVersion(),
        channels: options.message === undefined,
      })
  if (!coop) return await converse(config, cli, options, true)
  const stopped = new AbortController()
  void coop.stopped.then(() => stopped.abort())
  const signal = AbortSignal.any([cli.signal, stopped.signal])
  return await converse(config, { ...cli, signal }, options, false)
}

function newHome(cli: Cli): string {
  const path = makeHome({
    dir: cli.surroundings.home,
    name: userInfo().username || 'owner',
    model: 'anthropic/claude-opus-4-6',
  })
  cli.stderr.write(`A home was made: ${path}\n`)
  return path
}

/** Without a key for the configured model, the offline model answers for as long as this process runs. */
function withAnswerer(config: Config): Config {
  const { settings } = config
  const models = openModels(config)
  models.resolve(settings.agent.model)
  if (models.hasKey(settings.agent.model)) return config
  return { ...config, settings: { ...settings, agent: { ...settings.agent, model: 'offline/coop' } } }
}

/** `elsewhere`: the gateway is another process, and may come back when it goes. */
async function converse(config: Config, cli: Cli, options: ChatOptions, elsewhere: boolean): Promise<number> {
  const interactive = cli.stdin.isTTY === true && cli.stdout.isTTY === true && options.message === undefined
  if (interactive && cli.surroundings.screen && !options.plain) {
    const { runScreen } = await import('../terminal/screen/screen.ts')
    return exitOf(
      await runScreen({
        connect: onEvent => connectTo(config, { client: 'coop', user: options.user, onEvent }),
        session: options.session,
        color: cli.surroundings.color,
        folder: process.cwd(),
        reconnect: elsewhere,
        signal: cli.signal,
      }),
    )
  }
  unblock(cli.stdout)
  const printer = openPrinter({
    write: text => cli.stdout.write(text),
    color: interactive && cli.surroundings.color,
    others: false,
    streaming: interactive,
    tools: interactive,
  })
  const events = linkEvents(event => printer.show(event))
  const { client, who } = await connectTo(config, {
    client: 'coop',
    user: options.user,
    onEvent: events.onEvent,
  })
  using _ = client
  const link = await events.open(client, who, options.session)
  if (who.notice) cli.stderr.write(`${who.notice}\n`)
  if (options.message !== undefined) {
    await link.ask(options.message)
    return exit.done
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
