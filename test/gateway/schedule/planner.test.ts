// Each due time is accounted for once, whatever the clock and the process do.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Job } from '../../../src/gateway/schedule/job.ts'
import { day, hour, jobAt, minute, openPlan, type Plan } from './plan.ts'

const noon = Date.UTC(2026, 10, 21, 12)
const states = (plan: Plan) =>
  plan.store.runs
    .history(null, 1_000)
    .map(({ state, due, last, count }) => ({ state, due, last, count }))
    .reverse()

test('a due time begins its job once, at its time', () => {
  const job = jobAt('briefing', '0 13 * * *')
  using plan = openPlan([job], noon)
  plan.runTo(noon + 2 * hour)
  assert.deepEqual(states(plan), [{ state: 'delivered', due: noon + hour, last: noon + hour, count: 1 }])
})

test('a job that is new has missed nothing', () => {
  using plan = openPlan([], noon)
  plan.planner.sync([jobAt('briefing', '*/5 * * * *')])
  plan.planner.tick()
  assert.equal(plan.started.length, 0)
})

test('after a downtime run_once runs the newest due time late and writes the others down as missed', () => {
  const job = jobAt('briefing', '0 * * * *')
  using plan = openPlan([job], noon)
  plan.restart([job], noon + 5 * hour + 30 * minute)
  assert.deepEqual(states(plan), [
    { state: 'missed', due: noon + hour, last: noon + 4 * hour, count: 4 },
    { state: 'delivered', due: noon + 5 * hour, last: noon + 5 * hour, count: 1 },
  ])
})

test('after a downtime skip runs nothing and writes everything down as missed', () => {
  const job = jobAt('briefing', '0 * * * *', { missed: 'skip' })
  using plan = openPlan([job], noon)
  plan.restart([job], noon + 3 * hour + 30 * minute)
  assert.deepEqual(states(plan), [{ state: 'missed', due: noon + hour, last: noon + 3 * hour, count: 3 }])
  assert.equal(plan.started.length, 0)
})

test('a short restart is no downtime: skip still runs', () => {
  const job = jobAt('briefing', '0 13 * * *', { missed: 'skip' })
  using plan = openPlan([job], noon)
  plan.restart([job], noon + hour + 30_000)
  assert.equal(plan.started.length, 1)
})

test('a run that a crash left due is begun by the next process, and not entered twice', () => {
  const job = jobAt('briefing', '0 13 * * *')
  using plan = openPlan([job], noon)
  let crashed = false
  plan.onStart = run => {
    crashed = true
    plan.store.runs.begin(run.id, 1)
  }
  plan.runTo(noon + hour)
  assert.ok(crashed)
  const [run] = plan.store.runs.open()
  plan.store.runs.retry(run!.id, noon + hour + minute, 'it was interrupted')
  plan.onStart = again => plan.store.runs.end(again.id, 'delivered', plan.clock)
  plan.restart([job], noon + hour + 10_000)
  plan.runTo(noon + 2 * hour)
  assert.deepEqual(states(plan), [{ state: 'delivered', due: noon + hour, last: noon + hour, count: 1 }])
})

test('a run that still goes on is not overlapped: the next due time is missed, and says why', () => {
  const job = jobAt('briefing', '*/10 * * * *')
  using plan = openPlan([job], noon)
  plan.onStart = run => plan.store.runs.begin(run.id, 1)
  plan.runTo(noon + 25 * minute)
  const [first, second] = plan.store.runs.history('briefing', 10).reverse()
  assert.equal(first?.state, 'running')
  assert.equal(second?.state, 'missed')
  assert.match(second?.reason ?? '', /still going on/)
  plan.store.runs.end(first!.id, 'delivered', plan.clock)
  plan.planner.ended(first!.id)
  plan.onStart = run => plan.store.runs.end(run.id, 'delivered', plan.clock)
  plan.runTo(noon + 35 * minute)
  assert.equal(plan.store.runs.history('briefing', 1)[0]?.state, 'delivered')
})

test('a clock set back does not repeat what ran, and takes back what it only seemed to miss', () => {
  const job = jobAt('briefing', '0 * * * *')
  using plan = openPlan([job], noon)
  plan.runTo(noon + hour + minute)
  plan.clock = noon + 100 * day
  plan.planner.tick()
  plan.clock = noon + 30 * minute
  plan.planner.tick()
  plan.runTo(noon + 4 * hour + minute)
  const begun = plan.started.map(run => run.due).filter(due => due < noon + day)
  assert.deepEqual(begun, [noon + hour, noon + 2 * hour, noon + 3 * hour, noon + 4 * hour])
  const missed = plan.store.runs.history(null, 100).filter(run => run.state === 'missed')
  assert.deepEqual(missed, [])
})

test('a stretch too long to count is one row, and ends before the run', () => {
  const job = jobAt('pulse', '* * * * * *')
  using plan = openPlan([job], noon)
  plan.restart([job], noon + 30 * day)
  const [missed, late] = states(plan)
  assert.deepEqual(missed, { state: 'missed', due: noon + 1_000, last: noon + 30 * day - 1, count: null })
  assert.equal(late?.due, noon + 30 * day)
})

test('a single time runs once, late if it must be, and the job is over', () => {
  using plan = openPlan([], noon)
  const grant = {
    v: 1,
    person: 'alice',
    place: { channel: 'tele', kind: 'direct', id: '1' },
    reads: [],
    acts: 'full',
    audience: [],
    tools: null,
    revision: 1,
  } as const
  const made = plan.store.jobs.add(
    {
      person: 'alice',
      name: 'plants',
      kind: 'reminder',
      text: 'Water them.',
      cron: null,
      at: noon + hour,
      timezone: 'UTC',
      place: null,
      grant,
    },
    'call',
    noon,
  )
  const job = jobAt(made.id, noon + hour)
  plan.planner.sync([job])
  plan.restart([job], noon + 3 * day)
  assert.equal(plan.started.length, 1)
  assert.equal(plan.store.jobs.get(made.id)?.state, 'done')
  plan.runTo(noon + 4 * day, hour)
  assert.equal(plan.started.length, 1)
})

test('a changed rule begins anew: nothing of the new rule was missed', () => {
  using plan = openPlan([jobAt('briefing', '0 13 * * *')], noon)
  plan.restart([jobAt('briefing', '30 13 * * *')], noon + 5 * hour)
  assert.equal(plan.started.length, 0)
  plan.runTo(noon + day + 2 * hour, 10 * minute)
  assert.deepEqual(
    plan.started.map(run => run.due),
    [noon + day + 90 * minute],
  )
})

test('many jobs of one minute are begun a few at a time, and all of them', () => {
  const jobs = Array.from({ length: 300 }, (_, index) => jobAt(`job ${index}`, '0 13 * * *'))
  using plan = openPlan(jobs, noon)
  let going = 0
  let most = 0
  plan.onStart = run => {
    plan.store.runs.begin(run.id, run.id)
    most = Math.max(most, ++going)
  }
  plan.runTo(noon + hour)
  for (let open = plan.store.runs.open(); open.length > 0; open = plan.store.runs.open()) {
    const run = open.find(one => one.state === 'running')
    assert.ok(run)
    going--
    plan.store.runs.end(run.id, 'silent', plan.clock)
    plan.planner.ended(run.id)
  }
  assert.equal(plan.started.length, 300)
  assert.ok(most <= 8)
})

const zones = [
  'UTC',
  'Europe/Lisbon',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'America/Sao_Paulo',
]
const rules = [
  '30 1 * * *',
  '0 2 * * *',
  '15 2 * * 0',
  '0 7 * * 1-5',
  '*/30 * * * *',
  '0 0 1 * *',
  '45 23 31 12 *',
  '0 */6 * * *',
]
const year = Date.UTC(2026, 0, 1)

/** All rules fall on quarters of an hour, and so does every shift of these zones. */
const quarter = 15 * minute

/** Every due time of the year as the wall clock has it: of a time that comes twice the first, of one that is left out the next instant. */
function duesOf({ cron, timezone }: Job, from: number, to: number): number[] {
  const fields = cron!.split(' ')
  const repeats = fields[1] === '*' || fields[1]!.includes('/')
  const wall = wallClock(timezone)
  const dues: number[] = []
  const seen = new Set<number>()
  for (let at = from; at <= to; at += quarter) {
    const now = wall(at)
    const skipped = !repeats && now - wall(at - quarter) > quarter
    for (let look = skipped ? wall(at - quarter) + quarter : now; look <= now; look += quarter) {
      const [minutes, hours] = [(look / minute) % 60, Math.floor(look / hour) % 24]
      if (!fits(fields[0]!, minutes) || !fits(fields[1]!, hours) || (!repeats && seen.has(look))) continue
      const date = new Date(look)
      const parts = [date.getUTCDate(), date.getUTCMonth() + 1, date.getUTCDay()]
      if (!fields.slice(2).every((field, index) => fits(field, parts[index]!))) continue
      seen.add(look)
      if (dues.at(-1) !== at) dues.push(at)
    }
  }
  return dues
}

const fits = (field: string, value: number): boolean => {
  if (field === '*') return true
  if (field.startsWith('*/')) return value % Number(field.slice(2)) === 0
  const [low, high] = field.split('-').map(Number)
  return value >= low! && value <= (high ?? low!)
}

const formats = new Map<string, Intl.DateTimeFormat>()
const offsets = new Map<string, number>()

/** How far a zone's wall clock is ahead of UTC, asked of the system once an instant. */
function offsetAt(timezone: string, at: number): number {
  const name = `${timezone} ${at}`
  const known = offsets.get(name)
  if (known !== undefined) return known
  let format = formats.get(timezone)
  if (!format) {
    format = new Intl.DateTimeFormat('en', {
      timeZone: timezone,
      dateStyle: 'short',
      timeStyle: 'short',
      hourCycle: 'h23',
    })
    formats.set(timezone, format)
  }
  const [month, date, year_, hours, minutes] = format.format(at).match(/\d+/g)!.map(Number)
  const offset = Date.UTC(2000 + year_!, month! - 1, date, hours, minutes) - at
  offsets.set(name, offset)
  return offset
}

/** The wall clock of a zone, in milliseconds since 1970 as if it were UTC. Only days on which it shifts are asked for in full. */
const wallClock =
  (timezone: string) =>
  (at: number): number => {
    const begin = at - (at % day)
    const offset = offsetAt(timezone, begin)
    return at + (offset === offsetAt(timezone, begin + day) ? offset : offsetAt(timezone, at))
  }

type Step = { readonly kind: 'run' | 'down' | 'sleep' | 'back'; readonly ms: number }

/** Goes through `steps` from `from` on; returns the latest time it saw. */
function go(plan: Plan, jobs: readonly Job[], from: number, until: number, steps: readonly Step[]): number {
  let latest = from
  for (const { kind, ms } of steps) {
    const to = Math.min(plan.clock + ms, until)
    if (kind === 'run') plan.runTo(to, 13 * hour)
    else if (kind === 'down') plan.restart(jobs, to)
    else if (kind === 'sleep') plan.runTo(to, ms)
    else {
      plan.clock = Math.max(plan.clock - ms, from)
      plan.planner.tick()
    }
    latest = Math.max(latest, plan.clock)
  }
  plan.runTo(latest, 13 * hour)
  return latest
}

/** Lives through `steps` and compares the ledger with the wall clock. */
function live(jobs: readonly Job[], from: number, until: number, steps: readonly Step[]): void {
  using plan = openPlan(jobs, from)
  const latest = go(plan, jobs, from, until, steps)
  const byJob = Map.groupBy(plan.store.runs.history(null, 1_000_000), row => row.job)
  for (const job of jobs) {
    const wanted = duesOf(job, from + quarter, latest)
    const rows = (byJob.get(job.id) ?? []).sort((one, other) => one.due - other.due)
    const counted = rows.flatMap(({ due, last }) => wanted.filter(time => time >= due && time <= last))
    assert.deepEqual(counted, wanted, `${job.id} ${job.cron}`)
    const begun = plan.started.filter(run => run.job === job.id).map(run => run.due)
    assert.equal(new Set(begun).size, begun.length, `${job.id} began twice`)
    assert.ok(
      begun.every(due => wanted.includes(due)),
      `${job.id} began at a time that is none`,
    )
  }
}

const jobs = zones.flatMap(timezone =>
  rules.map((rule, index) =>
    jobAt(`${timezone} ${rule}`, rule, { timezone, missed: index % 2 ? 'skip' : 'run_once' }),
  ),
)
/** Those that are due a few times a day at most. */
const rare = jobs.filter(({ cron }) => !/\*\//.test(cron!))

const wholeYear: readonly Step[] = [
  { kind: 'run', ms: 80 * day },
  { kind: 'down', ms: 15 * day },
  { kind: 'run', ms: 100 * day },
  { kind: 'back', ms: 2 * hour },
  { kind: 'sleep', ms: 90 * day },
  { kind: 'run', ms: 365 * day },
]

test('ten thousand jobs, each due once in the year, run exactly once each, whatever sleeps, dies or jumps', () => {
  const dues = new Map<string, number>()
  const list = Array.from({ length: 10_000 }, (_, index) => {
    const timezone = zones[index % zones.length]!
    // Spread over the year and the working hours, where no clock shifts.
    const date = new Date(year + (1 + ((index * 131) % 363)) * day)
    const [hours, minutes] = [5 + (index % 15), (index * 7) % 60]
    const wall = date.getTime() + hours * hour + minutes * minute
    const at = wall - offsetAt(timezone, wall - offsetAt(timezone, wall))
    const id = `job ${index}`
    dues.set(id, at)
    if (index % 20 > 0) return jobAt(id, at, { timezone })
    return jobAt(id, `${minutes} ${hours} ${date.getUTCDate()} ${date.getUTCMonth() + 1} *`, { timezone })
  })
  using plan = openPlan(list, year)
  go(plan, list, year, year + 365 * day, wholeYear)
  const rows = plan.store.runs.history(null, 1_000_000)
  assert.deepEqual(new Map(rows.map(({ job, due }) => [job, due])), dues)
  assert.equal(rows.length, list.length)
  assert.ok(rows.every(({ state, attempts }) => state === 'delivered' && attempts === 0))
  assert.equal(new Set(plan.started.map(run => run.job)).size, plan.started.length)
})

test('over a year in six zones each due time is accounted for exactly once', () => {
  // Every second one: each rule in three zones, and in each zone half of the rules.
  const half = rare.filter((_, index) => (index + Math.floor(index / 6)) % 2 === 0)
  live(half, year, year + 365 * day, wholeYear)
})

test('through shifts of the clock, downtimes, suspends and jumps each due time is accounted for exactly once', () => {
  const shifts = ['2026-02-25', '2026-03-20', '2026-09-28', '2026-10-20'].map(Date.parse)
  const step = fc.oneof(
    fc.record({ kind: fc.constant('run' as const), ms: fc.integer({ min: hour, max: 4 * day }) }),
    fc.record({ kind: fc.constant('down' as const), ms: fc.integer({ min: minute, max: 5 * day }) }),
    fc.record({ kind: fc.constant('sleep' as const), ms: fc.integer({ min: minute, max: 2 * day }) }),
    fc.record({ kind: fc.constant('back' as const), ms: fc.integer({ min: 1, max: 3 * hour }) }),
  )
  fc.assert(
    fc.property(
      fc.constantFrom(...shifts),
      fc.array(step, { minLength: 5, maxLength: 12 }),
      fc.subarray(jobs, { minLength: 6, maxLength: 8 }),
      (from, steps, some) => live(some, from, from + 20 * day, steps),
    ),
    { numRuns: 16 },
  )
})
