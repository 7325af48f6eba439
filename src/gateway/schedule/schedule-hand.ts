// The schedule as one turn reaches it: people set, change and see their own jobs; who is fully trusted, anybody's.
import type { Clearance } from '../../access/clearance.ts'
import { atLeast } from '../../access/levels.ts'
import { placeKey } from '../../channel.ts'
import { CoopError } from '../../errors.ts'
import type { ChatJob, Jobs } from '../../store/jobs.ts'
import type { JobWish, ScheduleHand } from '../../tools/hands/work.ts'
import { clock } from '../zone.ts'
import type { Foresight } from './foresight.ts'
import { chatJob, type Job, scheduleChannel } from './job.ts'
import { needsText } from './needs.ts'
import type { Schedule } from './schedule.ts'
import { inWords, readWhen } from './when.ts'

export interface ScheduleHandOptions {
  readonly schedule: Schedule
  readonly jobs: Jobs
  /** What a job would meet when it is due. */
  readonly foresee: (job: Job) => Promise<Foresight>
  readonly now: () => number
}

/** Jobs that one person may have. */
const most = 200

export function scheduleHand(
  clearance: Clearance,
  callId: string,
  { schedule, jobs, foresee, now }: ScheduleHandOptions,
): ScheduleHand | null {
  const { person, place } = clearance
  if (person === null || place.channel === scheduleChannel) return null
  const zone = schedule.zoneOf(person)

  /** In a group, what answers there: the others would read of the rest. */
  const here = ({ place: to }: Job) =>
    place.kind === 'direct' || (to !== null && placeKey(to) === placeKey(place))
  const mine = (job: Job) => here(job) && (job.person === person || atLeast(clearance.level, 'full'))
  /** What a job is called was said where it was set, and to whoever set it. */
  const isNamed = ({ person: whose, grant }: Job) =>
    grant === null || (whose === person && clearance.covers(grant.reads))
  const called = (job: Job) => (isNamed(job) ? `“${job.name}” [${job.id}]` : `[${job.id}]`)

  function find(id: string): Job {
    const words = id.toLowerCase()
    const found = schedule
      .jobs()
      .filter(mine)
      .find(job => job.id.toLowerCase() === words || (isNamed(job) && job.name.toLowerCase() === words))
    if (!found) throw new CoopError('not_found', `There is no job “${id}” of yours here; list shows them.`)
    return found
  }

  function chatJobOf(id: string): ChatJob {
    const job = jobs.get(find(id).id)
    if (!job)
      throw new CoopError('not_permitted', `“${id}” stands in coop.toml; change it there, as cron[NAME].`)
    return job
  }

  /** What was set, in the zone of who asked. */
  function confirmed(job: Job): string {
    const next = schedule.planner.next(job.id)
    const when = job.cron === null ? '' : `${inWords(job)}; `
    const then = next === null ? 'no time to come' : `next ${clock(next, zone)} ${zone}`
    return `${job.kind} ${called(job)}: ${when}${then}`
  }

  /** What it would ask for, or why it would not run. */
  async function ahead(job: Job): Promise<string> {
    const seen = await foresee(job)
    return seen.kind === 'closed' ? `It does not run: ${seen.reason}.` : needsText(seen.needs)
  }

  /** Said once where it is the same for several. */
  async function asking(of: readonly Job[]): Promise<string> {
    const sentences = new Map<string, string[]>()
    for (const job of of) {
      const sentence = await ahead(job)
      if (sentence !== '') sentences.set(sentence, [...(sentences.get(sentence) ?? []), `“${job.name}”`])
    }
    const alike = sentences.size === 1 && [...sentences.values()][0]!.length === of.length
    return [...sentences]
      .map(([sentence, names]) => `\n${alike ? '' : `${names.join(', ')}: `}${sentence}`)
      .join('')
  }

  return {
    async create(wish) {
      const text = wish.text?.trim()
      if (!text || !wish.when)
        throw new CoopError('input_invalid', 'A job needs its text and its time, in `when`.')
      if (jobs.active().filter(job => job.person === person).length >= most)
        throw new CoopError('input_invalid', `There are ${most} jobs already; cancel some first.`)
      const times = await readWhen(wish.when, wish.timezone ?? zone, now())
      const job = jobs.add(
        {
          ...times,
          person,
          name: wish.name?.trim() || shortened(text),
          kind: wish.kind ?? 'reminder',
          text,
          place: place.kind === 'group' ? place : null,
          grant: clearance.grant(),
        },
        callId,
        now(),
      )
      schedule.sync()
      return `Set: ${confirmed(chatJob(job))}${await asking([chatJob(job)])}`
    },
    async update(id, wish) {
      const job = await changed(chatJobOf(id), wish, zone, now())
      if (job.person !== person) throw new CoopError('not_permitted', 'Only who made it can change it.')
      const fits = clearance.reads.every(label => job.grant.reads.includes(label))
      if ((wish.text !== undefined || wish.name !== undefined) && !fits)
        throw new CoopError(
          'not_permitted',
          'Its words go where less is open than here: change them there, or cancel it and set another.',
        )
      jobs.change(job)
      schedule.sync()
      return `Changed: ${confirmed(chatJob(job))}${await asking([chatJob(job)])}`
    },
    cancel(id) {
      const job = chatJobOf(id)
      jobs.setState(job.id, 'cancelled')
      schedule.sync()
      return `Cancelled: ${called(chatJob(job))}.`
    },
    run(id) {
      const job = find(id)
      const run = schedule.planner.runNow(job)
      return run ? `${called(job)} runs now.` : `${called(job)} is running already.`
    },
    async list() {
      const jobs = schedule.jobs().filter(mine)
      const theirs = (job: Job) => job.person !== person && job.grant !== null
      const lines = jobs.map(job =>
        theirs(job) ? `a ${job.kind} of ${job.person} [${job.id}]` : `${confirmed(job)}${ownerOf(job)}`,
      )
      return lines.join('\n') + (await asking(jobs.filter(job => !theirs(job)))) || 'Nothing is scheduled.'
    },
  }

  function ownerOf(job: Job): string {
    if (job.person === person) return ''
    return job.person === null ? ', for nobody' : `, as ${job.person}`
  }
}

async function changed(job: ChatJob, wish: JobWish, zone: string, now: number): Promise<ChatJob> {
  const timezone = wish.timezone ?? job.timezone ?? zone
  const times =
    wish.when !== undefined
      ? await readWhen(wish.when, timezone, now)
      : wish.timezone !== undefined && job.cron !== null
        ? await readWhen(job.cron, timezone, now)
        : {}
  return {
    ...job,
    ...times,
    name: wish.name?.trim() || job.name,
    kind: wish.kind ?? job.kind,
    text: wish.text?.trim() || job.text,
  }
}

const shortened = (text: string): string => {
  const line = text.split('\n')[0]!
  return line.length > 40 ? `${line.slice(0, 39).trimEnd()}…` : line
}
