// A planner on a real database with a clock that the test sets.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Job } from '../../../src/gateway/schedule/job.ts'
import { openPlanner, type Planner } from '../../../src/gateway/schedule/planner.ts'
import type { Run } from '../../../src/store/runs.ts'
import { openStore, type Store } from '../../../src/store/store.ts'

const migrations = fileURLToPath(new URL('../../../migrations/coop', import.meta.url))
export const minute = 60_000
export const hour = 60 * minute
export const day = 24 * hour

export interface Plan extends Disposable {
  readonly store: Store
  planner: Planner
  readonly started: Run[]
  /** What becomes of a run when it is begun. */
  onStart: (run: Run) => void
  clock: number
  /** Moves the clock to `to` as a running process would: one look after another. */
  runTo(to: number, step?: number): void
  /** The process dies, and another begins on the same file at `at`. */
  restart(jobs: readonly Job[], at: number): void
}

export function openPlan(jobs: readonly Job[], at: number): Plan {
  const dir = mkdtempSync(join(tmpdir(), 'coop-plan-'))
  const path = join(dir, 'coop.db')
  /** What survives a power cut is not asked here, and a year has many commits. */
  const openFast = (): Store => {
    const opened = openStore(path, migrations)
    opened.db.pragma('synchronous = OFF')
    return opened
  }
  let store = openFast()
  const started: Run[] = []
  const open = (): Planner =>
    openPlanner({
      jobs: store.jobs,
      runs: store.runs,
      commit: work => store.together(work),
      start(run) {
        started.push(run)
        plan.onStart(run)
      },
      fault(error) {
        throw error
      },
      now: () => plan.clock,
    })
  const plan: Plan = {
    get store() {
      return store
    },
    planner: undefined as never,
    started,
    onStart: run => store.runs.end(run.id, 'delivered', plan.clock),
    clock: at,
    runTo(to, step = 20_000) {
      while (plan.clock < to) {
        plan.clock = Math.min(plan.clock + step, to)
        plan.planner.tick()
      }
    },
    restart(list, now) {
      plan.planner[Symbol.dispose]()
      store[Symbol.dispose]()
      store = openFast()
      plan.clock = now
      plan.planner = open()
      plan.planner.sync(list)
      plan.planner.recover()
    },
    [Symbol.dispose]() {
      plan.planner[Symbol.dispose]()
      store[Symbol.dispose]()
      rmSync(dir, { recursive: true, force: true })
    },
  }
  plan.planner = open()
  plan.planner.sync(jobs)
  plan.planner.recover()
  return plan
}

export const jobAt = (id: string, cron: string | number, more: Partial<Job> = {}): Job => ({
  id,
  name: id,
  kind: 'task',
  text: 'Say something.',
  cron: typeof cron === 'string' ? cron : null,
  at: typeof cron === 'number' ? cron : null,
  timezone: 'UTC',
  person: null,
  trust: 'full',
  missed: 'run_once',
  retries: 3,
  place: null,
  grant: null,
  ...more,
})
