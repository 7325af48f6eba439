// coop doctor: proves what Coop rests on, one line a thing.
import { type Config, findConfig, loadConfig } from '../config/load.ts'
import { CoopError, messageOf } from '../errors.ts'
import { boxChecks } from './checks/box.ts'
import { channelChecks } from './checks/channels.ts'
import type { Check, Finding } from './checks/check.ts'
import { homeChecks } from './checks/home.ts'
import { toolServerChecks } from './checks/tool-servers.ts'
import { type Command, exit } from './command.ts'

/** In the order of the report. Others are added here. */
export const checks: readonly Check[] = [...homeChecks, ...boxChecks, ...channelChecks, ...toolServerChecks]

export const doctor: Command = {
  name: 'doctor',
  usage: ['doctor [--json]'],
  summary: 'prove that the box holds and that files, databases and disk are sound',
  run: async (args, cli) => {
    const unknown = args.find(arg => arg !== '--json')
    if (unknown) throw new CoopError('usage_wrong', `coop doctor does not know ${unknown}; it takes --json.`)
    const path = findConfig(cli.config)
    if (!path) throw new CoopError('config_missing', 'No coop.toml was found; run `coop init`.')
    const config = loadConfig(path)
    const report: (Finding & { readonly check: string })[] = []
    for (const check of checks) {
      cli.signal.throwIfAborted()
      for (const finding of await findings(check, config, cli.signal)) {
        report.push({ check: check.name, ...finding })
        if (!args.includes('--json')) cli.stdout.write(`${line(check.name, finding)}\n`)
      }
    }
    if (args.includes('--json')) cli.stdout.write(`${JSON.stringify(report)}\n`)
    return report.some(({ outcome }) => outcome === 'failed') ? exit.failed : exit.done
  },
}

async function findings(check: Check, config: Config, signal: AbortSignal): Promise<readonly Finding[]> {
  try {
    return await check.run(config, signal)
  } catch (error) {
    return [{ outcome: 'failed', title: check.name, detail: messageOf(error) }]
  }
}

const line = (check: string, { outcome, title, detail }: Finding): string =>
  `${outcome.padEnd(12)}  ${check}: ${title}${detail ? ` (${detail})` : ''}`
