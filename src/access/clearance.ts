// What a turn may see and do. Issued in this room alone; everything else can only lower it.
import { createHash } from 'node:crypto'
import type { Place } from '../channel.ts'
import { CoopError } from '../errors.ts'
import { type Compartment, type Level, levelOf, lowest } from './levels.ts'

interface Fields {
  /** Who speaks; null for a stranger or work without a person. */
  readonly person: string | null
  readonly place: Place
  /** What the whole audience may see. */
  readonly reads: readonly Compartment[]
  /** What the speaker may do here. */
  readonly acts: Level
  /** Person ids who can read the reply. */
  readonly audience: readonly string[]
  /** Whether somebody reads there whom nobody knows. */
  readonly strangers?: true
  /** Tool names this is narrowed to; null when the level alone decides. */
  readonly tools: readonly string[] | null
  readonly revision: number
  /** The job that nobody speaks for; absent for everything a person began. */
  readonly job?: string
}

/** The durable form of a clearance. On its own it opens nothing: it must be issued again. */
export interface Grant extends Fields {
  readonly v: 1
}

export interface Narrowing {
  readonly reads?: readonly Compartment[]
  readonly acts?: Level
  readonly tools?: readonly string[]
}

let make: (fields: Fields) => Clearance

export class Clearance {
  static {
    make = fields => new Clearance(fields)
  }
  readonly #fields: Fields
  readonly #reads: ReadonlySet<string>
  #fingerprint: string | undefined

  private constructor(fields: Fields) {
    this.#fields = Object.freeze({
      ...fields,
      place: Object.freeze({ ...fields.place }),
      reads: Object.freeze([...new Set(fields.reads)].sort()),
      audience: Object.freeze([...fields.audience].sort()),
      tools: fields.tools && Object.freeze([...fields.tools].sort()),
    })
    this.#reads = new Set(this.#fields.reads)
    Object.freeze(this)
  }

  get person(): string | null {
    return this.#fields.person
  }
  get place(): Place {
    return this.#fields.place
  }
  get reads(): readonly Compartment[] {
    return this.#fields.reads
  }
  get acts(): Level {
    return this.#fields.acts
  }
  get audience(): readonly string[] {
    return this.#fields.audience
  }
  get strangers(): boolean {
    return this.#fields.strangers ?? false
  }
  get tools(): readonly string[] | null {
    return this.#fields.tools
  }
  get job(): string | undefined {
    return this.#fields.job
  }
  get revision(): number {
    return this.#fields.revision
  }

  /** Equal for two clearances that open the same things to the same people in the same place. */
  get fingerprint(): string {
    const { person, place, reads, acts, audience, strangers, tools, job } = this.#fields
    const { channel, id, thread } = place
    const identity = [person, channel, id, thread, reads, acts, audience, strangers, tools, job]
    this.#fingerprint ??= createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 16)
    return this.#fingerprint
  }

  /** What may be done with what is shown: the lower of `acts` and the level that `reads` opens. */
  get level(): Level {
    return lowest(this.acts, levelOf(this.reads))
  }

  /** Whether everything carrying `labels` may be seen here. */
  covers(labels: readonly string[]): boolean {
    return labels.every(label => this.#reads.has(label))
  }

  /** The same or less, never more. */
  narrow(to: Narrowing): Clearance {
    const { tools } = this.#fields
    return make({
      ...this.#fields,
      reads: to.reads ? this.reads.filter(compartment => to.reads!.includes(compartment)) : this.reads,
      acts: to.acts ? lowest(this.acts, to.acts) : this.acts,
      tools: to.tools ? (tools ? tools.filter(name => to.tools!.includes(name)) : to.tools) : tools,
    })
  }

  /** The durable form, to be stored with what was begun under this clearance. */
  grant(): Grant {
    return { v: 1, ...this.#fields }
  }

  toJSON(): never {
    throw new CoopError('clearance_misused', 'A clearance is not data; store its grant.')
  }

  static isClearance(value: unknown): value is Clearance {
    return typeof value === 'object' && value !== null && #fields in value
  }
}

/** What all of the clearances given open and allow, to narrow one of them by. */
export function lowestOf(clearances: readonly Clearance[]): { reads: Compartment[]; acts: Level } {
  const [first, ...rest] = clearances
  return {
    reads: (first?.reads ?? []).filter(label => rest.every(other => other.covers([label]))),
    acts: lowest(...clearances.map(clearance => clearance.acts)),
  }
}

/** Makes a clearance. For `access/` alone; a test holds that. */
export const issue = (fields: Fields): Clearance => make(fields)

/** Throws unless `value` was issued by `access/`: a look-alike opens nothing. */
export function checkClearance(value: unknown): asserts value is Clearance {
  if (!Clearance.isClearance(value))
    throw new CoopError('clearance_misused', 'This door opens only with a clearance.')
}
