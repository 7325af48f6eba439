// Accounts for every due time once: begun, or written down as missed; over restarts, suspends and clock jumps.
import type { Jobs } from '../../store/jobs.ts'
import type { Run, Runs } from '../../store/runs.ts'
import { accountsOf, newRun } from './accounts.ts'
import { duesFrom, nextDue } from './due.ts'
import { Heap } from './heap.ts'
import type { Job } from './job.ts'

export interface PlannerOptions {
  readonly jobs: Pick<Jobs, 'cursors' | 'setCursor' | 'dropCursor' | 'setState'>
  readonly runs: Runs
  /** Runs `work` in one commit. */
  readonly commit: (work: () => void) => void
  /** Begins a run. It ends with `ended`. */
  readonly start: (run: Run, job: Job) => void
  /** A run could not be begun or entered: the disk is full, say. It is tried again. */
  readonly fault: (error: unknown) => void
  readonly now: () => number
}

export interface Planner extends Disposable {
  /** Takes the jobs that there are now. One with another rule begins anew. */
  sync(jobs: readonly Job[]): void
  /** Accounts for everything that is due by now. The timer calls it; so does a test. */
  tick(): void
  /** A run ended, or waits for its next try. */
  ended(run: number): void
  /** A run waits for a person; others may go on beside it. */
  parked(run: number): void
  /** Takes up the runs that a crash or a shutdown left due. */
  recover(): void
  /** When the job is due next; null when never. */
  next(job: string): number | null
  /** Begins the job now, beside its times. Returns null if it is running. */
  runNow(job: Job): Run | null
}

/** Due times of one stretch that are counted. */
const countLimit = 2_000
/** Runs that go on side by side. */
const parallel = 8
/** The clock is looked at this often, so that a suspend or a jump is noticed. */
const longestMs = 30_000
const faultRestMs = 5_000

interface Entry {
  readonly at: number
  readonly job: string
  readonly version: number
  /** A run to try again; absent for the job's next due time. */
  readonly run?: number
}

export function openPlanner(options: PlannerOptions): Planner {
  const { jobs: cursors, runs, now } = options
  const heap = new Heap<Entry>()
  const known = new Map<
    string,
    { job: Job; spec: string; cursor: number; version: number; next: number | null }
  >()
  /** Open runs by job: no overlap. */
  const open = new Map<string, number>()
  const queue: number[] = []
  const going = new Set<number>()
  let timer: NodeJS.Timeout | undefined
  let lastLook = now()
  let version = 0
  let closed = false

  function sync(list: readonly Job[]): void {
    const at = now()
    const stored = known.size === 0 ? cursors.cursors() : null
    const names = new Set(list.map(job => job.id))
    options.commit(() => {
      for (const id of stored?.keys() ?? known.keys()) {
        if (names.has(id)) continue
        cursors.dropCursor(id)
        known.delete(id)
      }
      for (const job of list) {
        const spec = JSON.stringify([job.cron, job.at, job.timezone])
        const before = known.get(job.id) ?? stored?.get(job.id)
        const same = before?.spec === spec
        const cursor = same ? before.cursor : at
        if (!same) cursors.setCursor(job.id, spec, cursor)
        const entry = known.get(job.id)
        if (same && entry) known.set(job.id, { ...entry, job })
        else place(job, spec, cursor)
      }
    })
    arm()
  }

  function place(job: Job, spec: string, cursor: number, next = nextDue(job, cursor)): void {
    known.set(job.id, { job, spec, cursor, version: ++version, next })
    if (next !== null) heap.push({ at: next, job: job.id, version })
  }

  function tick(): void {
    const at = now()
    if (at < lastLook) rewind(at)
    lastLook = at
    const broken: Entry[] = []
    for (let first = heap.first(); first && first.at <= at; first = heap.first()) {
      heap.pop()
      try {
        if (first.run !== undefined) again(first.run)
        else account(first, at)
      } catch (error) {
        options.fault(error)
        broken.push({ ...first, at: at + faultRestMs })
      }
    }
    for (const entry of broken) heap.push(entry)
    begin()
    arm()
  }

  function again(id: number): void {
    const run = runs.get(id)
    if (run?.state === 'retry') queue.push(id)
  }

  /** Every due time since the job's cursor becomes a row; the newest one runs if it may. */
  function account({ job: id, version: of }: Entry, at: number): void {
    const entry = known.get(id)
    if (!entry || entry.version !== of) return
    const { job, spec, next } = entry
    if (next === null || next > at) return
    const dues = duesFrom(job, next, at, countLimit)
    const accounts = accountsOf(job, dues, { at, isOpen: open.has(id), ledger: runs })
    let ids: number[] = []
    options.commit(() => {
      ids = runs.enter(accounts.rows, at)
      cursors.setCursor(id, spec, dues.last)
    })
    place(job, spec, dues.last, dues.next)
    const run = ids.at(-1)
    if (accounts.runs && run) take(run, id)
    else retire(job)
  }

  /** A single job is over once its time was accounted for and nothing of it runs. */
  function retire({ id, cron }: Job): void {
    if (cron !== null || open.has(id) || known.get(id)?.next !== null) return
    cursors.setState(id, 'done')
    known.delete(id)
  }

  function take(run: number, job: string): void {
    open.set(job, run)
    queue.push(run)
  }

  function begin(): void {
    while (queue.length > 0 && going.size < parallel && !closed) {
      const run = runs.get(queue[0]!)
      const job = run && known.get(run.job)?.job
      if (run && job && (run.state === 'due' || run.state === 'retry')) {
        try {
          options.start(run, job)
        } catch (error) {
          options.fault(error)
          return
        }
        if (runs.get(run.id)?.state === 'running') going.add(run.id)
        else settle(run)
      } else if (run) {
        if (run.state === 'due' || run.state === 'retry')
          runs.end(run.id, 'failed', now(), { reason: 'the job is gone' })
        settle(run)
      }
      queue.shift()
    }
  }

  function settle(run: Run): void {
    const fresh = runs.get(run.id)
    going.delete(run.id)
    if (fresh?.state === 'retry')
      heap.push({ at: fresh.nextAt ?? now(), job: run.job, version: 0, run: run.id })
    else if (open.get(run.job) === run.id) open.delete(run.job)
    const job = known.get(run.job)?.job
    if (job) retire(job)
  }

  /** The clock was set back: what was missed in times to come is due again, what ran is not. */
  function rewind(at: number): void {
    runs.rewind(at)
    heap.clear()
    for (const { job, spec, cursor } of [...known.values()]) place(job, spec, Math.min(cursor, at))
    for (const run of runs.open())
      if (run.state === 'retry')
        heap.push({ at: Math.min(run.nextAt ?? at, at + longestMs), job: run.job, version: 0, run: run.id })
  }

  function arm(): void {
    clearTimeout(timer)
    if (closed) return
    const wait = Math.min(Math.max((heap.first()?.at ?? Number.POSITIVE_INFINITY) - now(), 0), longestMs)
    timer = setTimeout(tick, wait).unref()
  }

  return {
    sync,
    tick,
    ended(id) {
      const run = runs.get(id)
      if (run) settle(run)
      begin()
      arm()
    },
    parked: id => {
      going.delete(id)
      begin()
    },
    recover() {
      if ([...cursors.cursors().values()].some(({ cursor }) => cursor > now())) rewind(now())
      runs.reconcile(now())
      for (const run of runs.open()) {
        if (run.state === 'sending') continue
        open.set(run.job, run.id)
        if (run.state === 'due') queue.push(run.id)
        else if (run.state === 'running') going.add(run.id)
        else heap.push({ at: run.nextAt ?? now(), job: run.job, version: 0, run: run.id })
      }
      tick()
    },
    next: job => known.get(job)?.next ?? null,
    runNow(job) {
      if (open.has(job.id)) return null
      const at = now()
      const [id] = runs.enter([newRun(job, at, 'asked for')], at)
      if (!id) return null
      take(id, job.id)
      begin()
      return runs.get(id) ?? null
    },
    [Symbol.dispose]() {
      closed = true
      clearTimeout(timer)
    },
  }
}
