// coop usage: tokens and money, by user, model, job or day.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { systemTimezone } from '../gateway/context-line.ts'
import { dayStart } from '../gateway/today.ts'
import { readUsageWish, usageText } from '../gateway/usage.ts'
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
    const today = dayStart(Date.now(), config.settings.agent.timezone ?? systemTimezone())
    if (values.json) {
      const from = today - (wish.days - 1) * 86_400_000
      for (const row of store.spending.sums(wish.by, from)) cli.stdout.write(`${JSON.stringify(row)}\n`)
    } else cli.stdout.write(`${usageText(store.spending, wish, today)}\n`)
    return exit.done
  },
}
