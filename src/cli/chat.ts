// coop, coop chat, coop attach: a chat here, on the running gateway or on one of its own.
import { parseArgs } from 'node:util'
import { findConfig } from '../config/environment.ts'
import { CoopError } from '../errors.ts'
import type { Cli, Command } from './command.ts'
import { isRunning } from './connect.ts'
import { converse } from './converse.ts'
import { findHome, requireOwnHome } from './find-home.ts'

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
    if (!findConfig(cli.config))
      throw new CoopError(
        'gateway_unreachable',
        'There is no home and no gateway; run `coop init`, then `coop start`.',
      )
    return converse(findHome(cli), cli, { ...values, session: positionals[0] }, true)
  },
}

/** Attaches if a gateway runs on this home, else opens one in this process. Makes the home if there is none. */
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
  if (findConfig(cli.config)) {
    const found = findHome(cli)
    requireOwnHome(found)
    if (await isRunning(found)) return await converse(found, cli, values, true)
  }
  const { chatOnOwn } = await import('./own-gateway.ts')
  return await chatOnOwn(cli, values)
}
