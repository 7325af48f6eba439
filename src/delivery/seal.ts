// A sealed text carries what it was written from; it leaves only for a place whose audience opens all of that.
import { type Clearance, checkClearance, type Grant } from '../access/clearance.ts'

let make: (text: string, labels: readonly string[], grant: Grant) => Sealed

export class Sealed {
  static {
    make = (text, labels, grant) => new Sealed(text, labels, grant)
  }
  readonly #text: string
  readonly labels: readonly string[]
  readonly grant: Grant

  private constructor(text: string, labels: readonly string[], grant: Grant) {
    this.#text = text.toWellFormed()
    this.labels = Object.freeze([...labels])
    this.grant = grant
    Object.freeze(this)
  }

  /** The text, for a clearance that covers it; throws otherwise. */
  open(clearance: Clearance): string {
    checkClearance(clearance)
    if (!clearance.covers(this.labels)) throw new TypeError('a seal was opened without its clearance')
    return this.#text
  }
}

/** Seals what was written under `clearance`, with everything that was open then. */
export function seal(text: string, clearance: Clearance): Sealed {
  checkClearance(clearance)
  return make(text, clearance.reads, clearance.grant())
}

/** Seals words of the gateway itself, written from nothing that anyone keeps. */
export function sealPlain(text: string, clearance: Clearance): Sealed {
  checkClearance(clearance)
  return make(text, [], clearance.grant())
}
