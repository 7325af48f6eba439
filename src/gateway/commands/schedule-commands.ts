// /cron and /usage: what is scheduled, what became of it, and what it all cost.
import { atLeast } from '../../access/levels.ts'
import { CoopError } from '../../errors.ts'
import type { Runs } from '../../store/runs.ts'
import type { Store } from '../../store/store.ts'
import type { ScheduleHand } from '../../tools/hands/work.ts'
import { runLine } from '../schedule/note.ts'
import { readUsageWish, usageText } from '../self/usage.ts'
import { type ChatCommand, type ChatContext, say, sayFault, saySecret } from './command.ts'

export interface ScheduleCommandOptions {
  readonly store: Store
  readonly scheduleHand: (context: ChatContext) => ScheduleHand | null
  readonly timezone: (person: string | null) => string
  readonly now: () => number
}

/** Rows of the ledger that one answer shows. */
const page = 30

/** The newest rows of the ledger, or those of one job. */
function runHistory(
  runs: Runs,
  job: string,
  person: string | null,
  viewer: string | null,
  timezone: string,
): string {
  const rows = runs.history(job || null, page, person)
  return rows.map(run => runLine(run, timezone, viewer)).join('\n') || 'Nothing ran yet.'
}

export function scheduleCommands(options: ScheduleCommandOptions): ChatCommand[] {
  return [
    {
      name: 'cron',
      usage: '/cron [list|run ID|cancel ID|history [NAME]]',
      summary: 'what is scheduled, and what became of it',
      level: 'inner',
      async run(context) {
        const hand = options.scheduleHand(context)
        if (!hand) return say('There is no schedule here.')
        const [verb = 'list', ...rest] = context.args.split(/\s+/).filter(Boolean)
        const what = rest.join(' ')
        const { clearance } = context
        const own = atLeast(clearance.acts, 'full') ? null : clearance.person
        try {
          if (verb === 'list') return saySecret(await hand.list())
          if (verb === 'run') return saySecret(hand.run(what))
          if (verb === 'cancel') return saySecret(hand.cancel(what))
          if (verb === 'history' && clearance.place.kind === 'group')
            return say('In a direct chat with me, please.')
          if (verb === 'history')
            return saySecret(
              runHistory(options.store.runs, what, own, clearance.person, options.timezone(clearance.person)),
            )
          throw new CoopError('usage_wrong', 'cron takes list, run ID, cancel ID or history [NAME].')
        } catch (error) {
          return sayFault(error)
        }
      },
    },
    {
      name: 'usage',
      usage: '/usage [DAYS] [user|model|job|day]',
      summary: 'tokens and money',
      level: 'familiar',
      run({ args, clearance }) {
        try {
          const wish = readUsageWish(args, atLeast(clearance.level, 'full') ? null : clearance.person)
          return saySecret(usageText(options.store.spending, wish, options.now(), options.timezone(null)))
        } catch (error) {
          return sayFault(error)
        }
      },
    },
  ]
}
