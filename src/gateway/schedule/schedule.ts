// The schedule of a running gateway: jobs arrive as messages of their own, and each due time comes to an end.
import type { Inbound } from '../../channel.ts'
import type { Config } from '../../config/load.ts'
import { openFiles } from '../../desk/files.ts'
import { isStorageFault, messageOf } from '../../errors.ts'
import type { NewEntry } from '../../store/entry.ts'
import type { Received } from '../../store/inbox.ts'
import type { Run } from '../../store/runs.ts'
import { newTrace, type Tracer } from '../../trace/trace.ts'
import type { Errand, ErrandOptions } from '../errand.ts'
import { clock, systemTimezone } from '../zone.ts'
import { openDelivery } from './delivery.ts'
import { isIdle, namesHeartbeat, nothingToSay } from './heartbeat.ts'
import { chatJob, configuredJobs, type Job, jobSession, scheduleChannel } from './job.ts'
import { morningNote, noteJob } from './note.ts'
import { openPlanner, type Planner } from './planner.ts'
import { whereTo } from './whereto.ts'

export interface ScheduleOptions extends ErrandOptions {
  readonly config: () => Config
  readonly tracer: Tracer
}

/** Runs of jobs are errands: they arrive on a channel of their own. */
export interface Schedule extends Errand, Disposable {
  readonly planner: Planner
  jobs(): readonly Job[]
  /** The jobs or the people changed. */
  sync(): void
  /** Takes up what a crash or a shutdown left. */
  recover(): void
  delivered(turn: string): void
  undelivered(turn: string, reason: string): void
  zoneOf(person: string | null): string
}

const retryMs = 30_000

export function openSchedule(options: ScheduleOptions): Schedule {
  const { store, household, now, log } = options
  const { runs } = store
  const homeZone = () => options.config().settings.agent.timezone ?? systemTimezone()
  const zoneOf = (person: string | null) =>
    (person === null ? undefined : household().people.get(person)?.timezone) ?? homeZone()
  const delivery = openDelivery(options)
  let listed: readonly Job[] = []

  const planner = openPlanner({
    jobs: store.jobs,
    runs,
    commit: work => store.together(work),
    start,
    fault: error => log.error({ err: { message: messageOf(error) } }, 'the schedule cannot go on yet'),
    now,
  })
  const jobOf = (run: Run): Job | undefined => listed.find(job => job.id === run.job)

  function sync(): void {
    const own = [
      ...configuredJobs(options.config().settings, household(), homeZone),
      ...store.jobs.active().map(chatJob),
    ]
    listed = own.length > 0 ? [...own, noteJob(homeZone())] : own
    planner.sync(listed)
  }

  /** The run arrives like a message: stored, and taken up again after a crash. */
  function start(run: Run, job: Job): void {
    if (job.id === noteJob.id) return note(run)
    const place = { channel: scheduleChannel, kind: 'direct', id: job.id, title: job.name } as const
    const inbound: Inbound = {
      channel: scheduleChannel,
      externalId: `${run.id}.${run.attempts + 1}`,
      place,
      sender: { channel: scheduleChannel, id: job.id, name: job.name },
      text: job.text,
      at: run.due,
    }
    const rows = store.together(() => {
      const admitted = store.inbox.admit([{ inbound, trace: newTrace() }], now())
      if (admitted[0]) runs.begin(run.id, admitted[0].id)
      return admitted
    })
    setImmediate(() => options.proceed(rows))
  }

  function note(run: Run): void {
    const told = morningNote({ ...options, zoneOf, runs })
    runs.end(run.id, told ? 'delivered' : 'silent', now())
  }

  /** Ends a run for which there is no turn. */
  function close(row: Received, run: Run | undefined, state: 'silent' | 'failed', reason: string): void {
    store.inbox.settle(row.id, state === 'failed' ? 'failed' : 'ignored', reason)
    if (!run) return
    runs.end(run.id, state, now(), { reason })
    if (state === 'failed') log.warn({ job: run.name, reason }, 'a job did not run')
    planner.ended(run.id)
  }

  async function take(row: Received): Promise<void> {
    const run = runs.ofInbox(row.id)
    const job = run && jobOf(run)
    if (!run || !job) return close(row, run, 'failed', 'the job is gone')
    if (run.state !== 'running') return
    const to = await whereTo(job, { ...options, placeFor: options.office.placeFor })
    if (to.kind === 'closed') return close(row, run, 'failed', to.reason)
    if (job.kind === 'reminder') {
      if (!delivery.say(row, run, job, to)) return close(row, run, 'failed', 'nobody there may read it')
      return planner.ended(run.id)
    }
    let text = job.text
    if (namesHeartbeat(text)) {
      const files = openFiles(to.clearance, options.config().paths.workspace, store.fileOrigins.of)
      const file = files.shared('HEARTBEAT.md', 'full')
      if (file === undefined || isIdle(file))
        return close(row, run, 'silent', 'HEARTBEAT.md asks for nothing')
      // What was made from outside text is read by a tool, which says where it came from.
      const own = files.origin() !== 'outside' && files.origin() !== 'derived'
      text += own ? `\n\nHEARTBEAT.md holds now:\n${file}` : '\n\nHEARTBEAT.md has to be read first.'
    }
    const session = store.sessions.ensure(
      { id: jobSession(job.id), kind: 'job', person: job.person, title: job.name },
      now(),
    )
    const person = job.person === null ? undefined : household().people.get(job.person)
    const { sender } = row.inbound
    const speaker =
      person && to.clearance.person !== null
        ? ({ kind: 'person', person } as const)
        : ({ kind: 'stranger', sender } as const)
    const cleared = { speaker, clearance: to.clearance, group: undefined }
    const read = { ...row, inbound: { ...row.inbound, text } }
    options.enqueue({ row: read, cleared, session, clearedAt: now() })
  }

  function retryAt(run: Run): number | null {
    const job = jobOf(run)
    return job && run.attempts <= job.retries ? now() + retryMs * 4 ** (run.attempts - 1) : null
  }

  function fail(run: Run, reason: string, again: boolean): void {
    const at = again ? retryAt(run) : null
    if (at === null) runs.end(run.id, 'failed', now(), { reason })
    else runs.retry(run.id, at, reason)
    log.warn({ job: run.name, reason, again: at !== null }, 'a job failed')
  }

  const end: Schedule['end'] = async (row, turn, desk, outcome, model) => {
    const run = runs.ofInbox(row.id)
    const job = run && jobOf(run)
    const text = outcome.kind === 'reply' ? outcome.text.trim() : ''
    const silent = text === nothingToSay
    const to = job && (await whereTo(job, { ...options, placeFor: options.office.placeFor }))
    const internal = job?.person === null && job.place === null
    const ready =
      outcome.kind === 'reply' && text !== '' && !silent && !internal && to?.kind === 'open'
        ? delivery.prepare(text, desk.clearance, to.targets, {
            key: turn.id,
            turn: turn.id,
            trace: turn.trace,
          })
        : null
    const reason =
      outcome.kind === 'failed'
        ? `${outcome.failure}: ${outcome.message}`
        : outcome.kind === 'stopped'
          ? 'stopped'
          : text === ''
            ? 'the model sent an empty answer'
            : null
    const done = store.together(() => {
      const entry: readonly NewEntry[] = outcome.entry ? [outcome.entry] : []
      const ended = desk.end(
        {
          state: outcome.kind === 'reply' ? 'done' : outcome.kind,
          reason: reason ?? 'done',
          usage: outcome.usage,
          model,
          entries: entry,
          parts: ready?.parts ?? [],
          inbox: { state: reason === null ? 'answered' : 'failed', reason },
        },
        outcome.kind === 'reply' ? outcome.cost : null,
      )
      const echoed = ready ? delivery.echo(text, ready.targets, desk.clearance, turn.trace) : []
      if (run && reason !== null) {
        fail(run, reason, outcome.kind !== 'stopped')
        store.transcript.undoTurn(turn.id)
      } else if (run) {
        if (silent || internal) runs.end(run.id, 'silent', now(), { turn: turn.id })
        else if (ready && ready.parts.length > 0) runs.end(run.id, 'sending', now(), { turn: turn.id })
        else runs.end(run.id, 'failed', now(), { turn: turn.id, reason: 'nobody there may read it' })
      }
      return { rows: ended.rows, entries: [...ended.entries, ...echoed] }
    })
    options.live.entries(done.entries)
    options.send(done.rows)
    if (run) planner.ended(run.id)
  }

  return {
    planner,
    jobs: () => listed.filter(job => job.id !== noteJob.id),
    sync,
    recover() {
      for (const run of runs.open()) {
        const row = run.state === 'running' && run.inbox !== null ? store.inbox.get(run.inbox) : undefined
        if (row && row.state !== 'new' && row.state !== 'running') fail(run, 'it was interrupted', true)
      }
      sync()
      planner.recover()
    },
    take: row =>
      take(row).catch(error => {
        if (!isStorageFault(error)) throw error
        setTimeout(() => options.proceed([row]), retryMs).unref()
      }),
    end,
    waiting(row) {
      const run = runs.ofInbox(row.id)
      if (run) planner.parked(run.id)
    },
    gaveUp(row, reason) {
      const run = runs.ofInbox(row.id)
      if (run) close(row, run, 'failed', reason)
    },
    brief(inbound) {
      if (inbound.channel !== scheduleChannel) return null
      const job = listed.find(known => known.id === inbound.sender.id)
      const whose = job?.person == null ? '' : ` of ${household().people.get(job.person)?.name ?? job.person}`
      const reach =
        job?.person === null && job.place === null
          ? 'Your answer is kept and sent to nobody.'
          : `Nobody is here to ask back. Your answer is sent as it stands; with nothing to say, answer only ${nothingToSay}.`
      return `[The job “${inbound.sender.name}”${whose}, due ${clock(inbound.at, zoneOf(job?.person ?? null))}. ${reach}]`
    },
    delivered: turn => runs.delivered(turn, now()),
    undelivered: (turn, reason) => runs.undelivered(turn, reason, now()),
    zoneOf,
    [Symbol.dispose]: () => planner[Symbol.dispose](),
  }
}
