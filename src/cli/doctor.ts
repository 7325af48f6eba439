// coop doctor: proves what Coop rests on, one line a thing.
import type { Config } from '../config/load.ts'
import { CoopError, messageOf } from '../errors.ts'
import { boxChecks } from './checks/box.ts'
import { channelChecks } from './checks/channels.ts'
import { type Check, type Finding, finding } from './checks/check.ts'
import { gatewayChecks } from './checks/gateway.ts'
import { homeChecks } from './checks/home.ts'
import { modelChecks } from './checks/model.ts'
import { toolServerChecks } from './checks/tool-servers.ts'
import { type Cli, type Command, exit } from './command.ts'
import { openLastGood } from './home.ts'

/** In the order of the report. Others are added here. */
export const checks: readonly Check[] = [
  ...homeChecks,
  ...modelChecks,
  ...boxChecks,
  ...gatewayChecks,
  ...channelChecks,
  ...toolServerChecks,
]

export const doctor: Command = {
  name: 'doctor',
  usage: ['doctor [--json]'],
  summary: 'prove what Coop rests on: computer, home, keys, box, gateway, channels',
  run: async (args, cli) => {
    const unknown = args.find(arg => arg !== '--json')
    if (unknown) throw new CoopError('usage_wrong', `coop doctor does not know ${unknown}; it takes --json.`)
    const { config, problem } = openLastGood(cli)
    const inForce: Check = {
      name: 'config',
      run: async () => [finding(problem === null, `${config.path} is in force`, String(problem))],
    }
    const report: (Finding & { readonly check: string })[] = []
    for (const check of [inForce, ...checks]) {
      cli.signal.throwIfAborted()
      for (const finding of await findings(check, config, cli)) {
        report.push({ check: check.name, ...finding })
        if (!args.includes('--json')) cli.stdout.write(`${line(check.name, finding)}\n`)
      }
    }
    const failed = report.filter(({ outcome }) => outcome === 'failed')
    if (args.includes('--json')) cli.stdout.write(`${JSON.stringify(report)}\n`)
    else if (failed.length === 0) cli.stdout.write('\nNothing failed.\n')
    else cli.stdout.write(`\nTo mend:\n${failed.map(one => line(one.check, one)).join('\n')}\n`)
    return failed.length > 0 ? exit.failed : exit.done
  },
}

async function findings(check: Check, config: Config, cli: Cli): Promise<readonly Finding[]> {
  try {
    return await check.run(config, cli.signal, cli)
  } catch (error) {
    return [{ outcome: 'failed', title: check.name, detail: messageOf(error) }]
  }
}

const line = (check: string, { outcome, title, detail }: Finding): string =>
  `${outcome.padEnd(12)}  ${check}: ${title}${detail ? ` (${detail})` : ''}`
