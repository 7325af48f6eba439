// The gateway as a process of its own, started and waited for.
import { spawn } from 'node:child_process'
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Config } from '../../config/load.ts'
import { logPath } from '../../config/places.ts'
import { CoopError } from '../../errors.ts'
import { type Cli, exit } from '../command.ts'
import { isRunning } from '../connect.ts'

/** A small computer under load is slow to start; one that cannot start ends long before. */
const detachedStartMs = 60_000

/** Starts the gateway as a process of its own and waits until it answers. */
export async function detach(config: Config, cli: Cli): Promise<number> {
  if (await isRunning(config)) throw alreadyRunning()
  mkdirSync(config.paths.traces, { recursive: true, mode: 0o700 })
  const startLog = join(config.paths.traces, 'start.log')
  const output = openSync(startLog, 'a', 0o600)
  const before = fstatSync(output).size
  const main = fileURLToPath(
    new URL(import.meta.url.endsWith('.ts') ? '../../main.ts' : '../../main.js', import.meta.url),
  )
  const child = spawn(process.execPath, [main, '--config', config.path, 'start'], {
    detached: true,
    stdio: ['ignore', output, output],
  })
  closeSync(output)
  let ended = false
  child.once('exit', () => {
    ended = true
  })
  child.unref()
  for (
    const begun = Date.now();
    Date.now() - begun < detachedStartMs && !ended && !cli.signal.aborted;
    await sleep(50)
  ) {
    if (!(await isRunning(config))) continue
    cli.stdout.write(`The gateway runs (process ${child.pid}); its log: ${logPath(config)}\n`)
    return exit.done
  }
  if (cli.signal.aborted) {
    cli.stderr.write('The gateway goes on starting by itself; `coop status` tells whether it runs.\n')
    throw new CoopError('aborted', 'Stopped.')
  }
  const said = readFileSync(startLog).subarray(before).toString('utf8')
  const why = /^coop: (.*)$/m.exec(said)?.[1]
  throw new CoopError(
    'gateway_unreachable',
    why
      ? `The gateway did not start: ${why}`
      : `The gateway did not start; ${startLog} may say why, and \`coop doctor\` looks for the cause.`,
  )
}

export const alreadyRunning = (): CoopError =>
  new CoopError('gateway_running', 'A gateway is already running on this home.')
