// The configuration in force: read, changed and rolled back in one place, every change a generation.
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { changeLine, diffSettings } from '../../config/diff.ts'
import type { Environment } from '../../config/environment.ts'
import { inForce } from '../../config/in-force.ts'
import { keepLastGood } from '../../config/last-good.ts'
import { type Config, configFrom } from '../../config/load.ts'
import { writeAtomically } from '../../config/patch.ts'
import { CoopError, messageOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { Generation, Generations } from '../../store/generations.ts'
import { newTrace, type Tracer } from '../../trace/trace.ts'
import { type Author, openHistory, outcomeOf } from './history.ts'

export interface Configuration extends AsyncDisposable {
  /** As the file says, what waits for a restart included. */
  latest(): Config
  /** Why the file on disk is not in force; null when it is. */
  invalid(): string | null
  /** Keys that wait for a restart. */
  waiting(): readonly string[]
  /** The file may have changed. Never throws. */
  read(): Promise<void>
  /**
   * Writes what `wish` makes of the latest, brings it into force and watches it. Resolves to what became of it, in
   * words; throws when it is refused. `wish` is asked when no other change is under way and the file was read again.
   */
  change(wish: () => string, author: Author): Promise<string>
  /** Goes back to the text of a generation, or to the one before the newest. */
  rollback(id: number | null, author: Author): Promise<string>
  history(limit: number): Generation[]
  /** What became of the change that a tool call made; null when it made none yet. */
  outcomeOf(call: string | undefined): string | null
  /** Takes up a change whose watching a crash interrupted. */
  resume(): Promise<void>
}

export interface ConfigurationOptions {
  /** What was loaded, perhaps the last good copy. */
  readonly config: Config
  readonly problem: string | null
  readonly generations: Generations
  /** Resolves when the history as it stands would survive a power cut. */
  readonly durable: () => Promise<void>
  /** Brings it into force: people, channels, jobs. */
  readonly bring: (next: Config, before: Config) => Promise<void>
  /** What `next` would break; null when nothing is known to be. */
  readonly refuse: (next: Config, now: Config) => string | null
  /** Asks what can be asked before it is in force: who writes meanwhile must not suffer from it. */
  readonly tryOut: (next: Config, before: Config, signal: AbortSignal) => Promise<string | null>
  /** Watches what was brought into force; what is wrong with it, or null. */
  readonly examine: (next: Config, before: Config, signal: AbortSignal) => Promise<string | null>
  /** Tells the person who asked, by id. */
  readonly tell: (person: string, text: string) => void
  /** Fits what comes into force to this process. */
  readonly adapt?: (config: Config) => Config
  readonly env?: Environment
  readonly log: Log
  readonly tracer: Tracer
  readonly now: () => number
  /** How long a change is watched, in milliseconds. */
  readonly probationMs?: number
}

/** From a text that is watched to what was there before. */
interface Way {
  readonly from: string
  readonly to: Config
}

/** A file that is not valid is looked at again after this: it may be half written. */
const secondLookMs = 250

export function openConfiguration(options: ConfigurationOptions): Configuration {
  const { generations, log } = options
  const { path } = options.config
  const history = openHistory({ ...options, path })
  const closing = new AbortController()
  let force = options.config
  let latest = configFrom(options.config.text, path, options.config.household.revision, options.env)
  let invalid = options.problem
  let waiting: readonly string[] = []
  let order: Promise<unknown> = Promise.resolve()

  /** One change at a time, in the order they came. */
  function exclusive<T>(work: () => Promise<T>): Promise<T> {
    const next = order.then(work, work)
    order = next.catch(() => {})
    return next
  }

  async function bring(next: Config): Promise<void> {
    const before = force
    const part = inForce(before, next)
    waiting = part.waiting
    latest = next
    force = options.adapt ? options.adapt(part.config) : part.config
    invalid = null
    await options.bring(force, before)
  }

  const parse = (text: string) => configFrom(text, path, force.household.revision + 1, options.env)

  async function read(): Promise<void> {
    const span = options.tracer.start('config', newTrace(), null, { via: 'file' })
    for (let look = 0; ; look++) {
      try {
        const text = readFileSync(path, 'utf8')
        const next = parse(text)
        const same = text === latest.text && next.secrets.join('\0') === latest.secrets.join('\0')
        if (same && invalid === null) return
        const lines = diffSettings(latest.settings, next.settings).map(changeLine)
        if (text !== latest.text)
          history.add(next, lines, { who: null, via: 'file', why: 'the file was edited' }, 'kept')
        if (same) invalid = null
        else await bring(next)
        keepLastGood(path, text)
        log.info({ changes: lines.length, waiting }, 'configuration in force')
        return span.end({ changes: lines.length })
      } catch (error) {
        if (look === 0) {
          await sleep(secondLookMs, undefined, { signal: closing.signal }).catch(() => {})
          continue
        }
        const reason = existsSync(path) ? messageOf(error) : `${path} is gone`
        if (reason === invalid) return
        invalid = reason
        log.error({ reason }, 'the configuration is not valid; the last good one stays in force')
        return span.end({}, reason)
      }
    }
  }

  async function change(wish: () => string, author: Author, mend: boolean): Promise<string> {
    const known = author.call === undefined ? undefined : generations.ofCall(author.call)
    if (known) return outcomeOf(known, waiting)
    await read()
    const text = wish()
    if (invalid !== null) {
      if (!mend)
        throw new CoopError('config_invalid', `The file is broken, mend it or roll back first: ${invalid}`)
      if (existsSync(path)) copyFileSync(path, `${path}.broken`)
      else writeFileSync(path, text, { mode: 0o600 })
      writeAtomically(path, latest.text)
      invalid = null
      if (text === latest.text) return 'The last good configuration stands in the file again.'
    }
    const before = latest
    const next = parse(text)
    const changes = diffSettings(before.settings, next.settings)
    if (changes.length === 0 && text === before.text) return 'That is how it is already; nothing was changed.'
    const refusal = options.refuse(next, before)
    if (refusal !== null) throw new CoopError('config_invalid', `Refused, nothing was changed: ${refusal}.`)
    const span = options.tracer.start('config', newTrace(), null, { via: author.via, who: author.who })
    const id = history.add(next, changes.map(changeLine), author, 'probation')
    const standing = force
    // The file must not know of a change that the history does not.
    await options.durable()
    writeAtomically(path, text)
    const fault = await watched(next, standing, () => bring(next))
    span.end({ generation: id }, fault ?? undefined)
    return settle(id, { from: text, to: before }, author, fault)
  }

  async function watched(next: Config, before: Config, apply: () => Promise<void>): Promise<string | null> {
    const timeout = AbortSignal.timeout(options.probationMs ?? 20_000)
    const signal = AbortSignal.any([timeout, closing.signal])
    const fault = await options.tryOut(options.adapt?.(next) ?? next, before, signal)
    if (fault !== null || closing.signal.aborted) return fault
    await apply()
    return options.examine(force, before, signal)
  }

  async function settle(id: number, way: Way, author: Author, fault: string | null): Promise<string> {
    if (closing.signal.aborted) return 'Coop is stopping; the change is watched on when it starts again.'
    if (fault === null) {
      generations.settle(id, 'kept', null)
      keepLastGood(path, latest.text)
      return outcomeOf(generations.get(id)!, waiting)
    }
    generations.settle(id, 'rolled_back', fault)
    await takeBack(id, way, fault)
    log.error({ generation: id, reason: fault }, 'a change was rolled back')
    const text = outcomeOf(generations.get(id)!, waiting)
    if (author.who !== null) options.tell(author.who, text)
    return text
  }

  /** Puts the text from before a generation back, unless somebody wrote another meanwhile. */
  async function takeBack(id: number, { from, to }: Way, fault: string | null): Promise<void> {
    const there = existsSync(path)
    if (there && readFileSync(path, 'utf8') !== from) return
    const back = parse(to.text)
    const diff = diffSettings(parse(from).settings, back.settings).map(changeLine)
    if (there) writeAtomically(path, to.text)
    history.add(
      back,
      diff,
      { who: null, via: 'coop', why: `generation ${id} was rolled back: ${fault}` },
      'kept',
    )
    await bring(back)
    keepLastGood(path, back.text)
  }

  if (invalid === null) history.enterFirst(latest)
  return {
    latest: () => latest,
    invalid: () => invalid,
    waiting: () => waiting,
    read: () => exclusive(read),
    change: (wish, author) => exclusive(() => change(wish, author, false)),
    rollback: (id, author) =>
      exclusive(async () => {
        const broken = invalid !== null && id === null ? latest : undefined
        const wanted = broken ?? (id === null ? generations.keptOther(latest.text) : generations.get(id))
        if (!wanted) throw new CoopError('not_found', 'There is no such generation; the history lists them.')
        return change(() => wanted.text, author, true)
      }),
    history: limit => generations.list(limit),
    outcomeOf(call) {
      const known = call === undefined ? undefined : generations.ofCall(call)
      return known ? outcomeOf(known, waiting) : null
    },
    resume: () =>
      exclusive(async () => {
        const last = generations.last()
        if (!last || last.text !== latest.text || last.state === 'kept') return
        const before = generations.keptBefore(last.id)
        const earlier = before ? parse(before.text) : latest
        const way = { from: latest.text, to: earlier }
        if (last.state === 'rolled_back') return before && takeBack(last.id, way, last.reason)
        const author = { who: last.who, via: last.via, why: last.why }
        await settle(last.id, way, author, await watched(latest, earlier, async () => {}))
      }),
    async [Symbol.asyncDispose]() {
      closing.abort()
      await order
    },
  }
}
