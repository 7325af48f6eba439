// How long a reload takes with a large household, and how late ten thousand jobs are.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { loadConfig } from '../../src/config/load.ts'
import { openConfiguration } from '../../src/gateway/configuration/configuration.ts'
import type { Job } from '../../src/gateway/schedule/job.ts'
import { openPlanner } from '../../src/gateway/schedule/planner.ts'
import { silentLog } from '../../src/log.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { openTracer } from '../../src/trace/trace.ts'
import { quantile, type Row } from './row.ts'

const migrations = fileURLToPath(new URL('../../migrations/coop', import.meta.url))

/** Times of a reload and of ten thousand timers. */
export async function rows(): Promise<Row[]> {
  const dir = mkdtempSync(join(tmpdir(), 'coop-bench-'))
  try {
    using store = openStore(join(dir, 'db', 'coop.db'), migrations)
    return [await reloadRow(dir, store), ...(await timerRows(store))]
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

function largeHome(days: number): string {
  const users = Array.from(
    { length: 1_000 },
    (_, index) =>
      `[[users]]\nname = "p${index}"\ntrust = "${index === 0 ? 'full' : 'inner'}"\nmatch = ["tele:${index}"]\n`,
  )
  const jobs = Array.from(
    { length: 200 },
    (_, index) =>
      `[[cron]]\nname = "j${index}"\ncron = "${index % 60} 7 * * *"\nmessage = "Well?"\nuser = "p${index}"\n`,
  )
  return `[agent]\nid = "coop"\nmodel = "offline/coop"\n\n${users.join('\n')}\n${jobs.join('\n')}\n[trace]\nkeep_days = ${days}\n`
}

async function reloadRow(dir: string, store: Store): Promise<Row> {
  const path = join(dir, 'coop.toml')
  writeFileSync(path, largeHome(0))
  await using configuration = openConfiguration({
    config: loadConfig(path),
    problem: null,
    generations: store.generations,
    durable: store.durable,
    bring: async () => {},
    refuse: () => null,
    tryOut: async () => null,
    examine: async () => null,
    tell: () => {},
    log: silentLog(),
    tracer: openTracer(undefined, text => text, false),
    now: Date.now,
  })
  const times: number[] = []
  for (let round = 1; round <= 10; round++) {
    writeFileSync(path, largeHome(round))
    const begun = performance.now()
    await configuration.read()
    times.push(performance.now() - begun)
  }
  return { name: 'reload, 1,000 users and 200 jobs, p50', value: `${quantile(times, 0.5).toFixed(0)} ms` }
}

async function timerRows(store: Store): Promise<Row[]> {
  const lateness: number[] = []
  const far: Job[] = Array.from({ length: 9_800 }, (_, index) => job(`far ${index}`, `${index % 60} 3 1 1 *`))
  const near: Job[] = Array.from({ length: 200 }, (_, index) =>
    job(`near ${index}`, `${index % 60} * * * * *`),
  )
  using planner = openPlanner({
    jobs: store.jobs,
    runs: store.runs,
    commit: work => store.together(work),
    start(run) {
      lateness.push(Date.now() - run.due)
      store.runs.end(run.id, 'silent', Date.now())
    },
    fault(error) {
      throw error
    },
    now: Date.now,
  })
  planner.sync(far)
  planner.recover()
  const idle = process.cpuUsage()
  await sleep(5_000)
  const used = process.cpuUsage(idle)
  planner.sync([...far, ...near])
  const keep = setInterval(() => {}, 1_000)
  await sleep(20_000)
  clearInterval(keep)
  return [
    { name: '10,000 jobs, idle CPU', value: `${((used.user + used.system) / 50_000).toFixed(2)} %` },
    {
      name: '10,000 jobs, lateness p99',
      value: `${quantile(lateness, 0.99).toFixed(0)} ms (${lateness.length} runs)`,
    },
  ]
}

const job = (id: string, cron: string): Job => ({
  id,
  name: id,
  kind: 'task',
  text: 'Well?',
  cron,
  at: null,
  timezone: 'Europe/Lisbon',
  person: null,
  trust: 'full',
  missed: 'run_once',
  retries: 0,
  place: null,
  grant: null,
})
