// coop usage: tokens and money, by user, model, job or day.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readUsageWish, usageRows, usageText } from '../gateway/self/usage.ts'
import { systemTimezone } from '../gateway/zone.ts'
import { migrationsFolder } from '../package.ts'
import { openStore } from '../store/store.ts'
import { type Command, exit } from './command.ts'
import { openConfig } from './home.ts'

export const usage: Command = {
  name: 'usage',
  usage: ['usage [--days N] [--by user|model|job|day] [--json]'],
  summary: 'tokens and money',
  async run(args, cli) {
    const { values } = parseArgs({
      args: [...args],
      options: { json: { type: 'boolean' }, days: { type: 'string' }, by: { type: 'string' } },
    })
    const wish = readUsageWish(`${values.days ?? ''} ${values.by ?? ''}`, null)
    const config = openConfig(cli)
    using store = openStore(join(config.paths.db, 'coop.db'), migrationsFolder('coop'))
    const zone = config.settings.agent.timezone ?? systemTimezone()
    const now = Date.now()
    if (values.json) {
      for (const row of usageRows(store.spending, wish, now, zone))
        cli.stdout.write(`${JSON.stringify(row)}\n`)
    } else cli.stdout.write(`${usageText(store.spending, wish, now, zone)}\n`)
    return exit.done
  },
}
