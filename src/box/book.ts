// Follows what commands read and write, so that text from outside stays known as such in whatever file it lands.
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../errors.ts'
import type { Log } from '../log.ts'
import { type Origin, worst } from '../store/entry.ts'
import {
  type FileFact,
  type FileOrigins,
  mayBeOf,
  type Writing,
  type Written,
} from '../store/file-origins.ts'
import { type Inventory, timeOf } from './inventory.ts'
import type { Ran } from './run.ts'

export interface Book {
  /**
   * Where the text of a file came from, and what was open then, if it is known. What nobody wrote down may be
   * anyone's words, so it counts as derived.
   */
  of(fact: FileFact): { readonly origin: Origin; readonly labels: readonly string[] | null }
  /** A program that writes for as long as it runs; the function returned says that it ended. */
  lasts(written: Written): Promise<() => void>
  /** Writes one file by `write`, which says what then lies there. */
  writes(written: Written, write: () => Promise<FileFact>): Promise<void>
  /**
   * Runs a command of a turn that has seen `turn`, in a box that reaches the network or not. What it changed is noted,
   * and its output is from outside if it reached the network or read a file that is.
   */
  follow(turn: Written, networked: boolean, inventory: Inventory, command: () => Promise<Ran>): Promise<Ran>
}

/** A running command, as far as it is known by now. */
interface Running {
  readonly id: number
  read: boolean
}

/** `clock` is the time that a file would be given which changed now. */
export function openBook(ledger: FileOrigins, log: Log, clock: () => string): Book {
  const now = Date.now
  const running = new Set<Running>()
  // Boxes die with their gateway: what was begun before this one writes no more.
  ledger.breakOff(timeOf(now()))
  let shows: Promise<boolean> | undefined
  let begun = 0
  let pruneAfter = 0

  /** What is being written from outside, by whatever else than `own`. */
  const strangers = (own?: number) =>
    ledger.unsettled().filter(({ id, origin }) => id !== own && origin === 'outside')
  const anyOutside = (own?: number) => ledger.anyOutside() || strangers(own).length > 0

  /** Those that are from outside; a workspace may hold very many files, and others want this thread too. */
  async function outsideOf(files: readonly FileFact[], own?: number): Promise<FileFact[]> {
    const writings = strangers(own)
    const found: FileFact[] = []
    for (let from = 0; from < files.length; from += chunk) {
      found.push(...files.slice(from, from + chunk).filter(fact => ledger.isOutside(fact, writings)))
      await new Promise(setImmediate)
    }
    return found
  }

  /** Asked once; a box that did not come up has shown nothing either way. */
  async function canShow(inventory: Inventory): Promise<boolean> {
    try {
      return await (shows ??= inventory.shows())
    } catch (error) {
      shows = undefined
      throw error
    }
  }

  /** What could not be listed counts as from outside; the work goes on. */
  const unlisted = (error: unknown): true => {
    log.warn(
      { reason: messageOf(error) },
      'files could not be listed; what is unknown counts as from outside',
    )
    return true
  }

  /** Writes down what a crash or a failed listing left. */
  async function settle(inventory: Inventory): Promise<void> {
    for (const writing of ledger.unsettled()) {
      if (writing.until === null) continue
      if (writing.origin === 'outside') await close(writing, writing, inventory).catch(unlisted)
      else ledger.end(writing.id, [], writing, now())
    }
  }

  async function close(
    writing: Pick<Writing, 'id' | 'since' | 'until'>,
    written: Written,
    inventory: Inventory,
  ): Promise<void> {
    const { id, since } = writing
    const changed = (await inventory.changed(since)).filter(
      fact => mayBeOf(writing, fact) && !ledger.knows(fact),
    )
    // In small commits: a package's files are many, and others want the database too.
    for (let from = 0; from + chunk < changed.length; from += chunk) {
      ledger.record(changed.slice(from, from + chunk), written, now())
      await new Promise(setImmediate)
    }
    ledger.end(id, changed.slice(-chunk), written, now())
  }

  /**
   * Forgets what is gone: its number may be another file's by now, and as long as anything from outside is known every
   * command is followed closely. While something runs that could move a file past the listing, nothing is forgotten.
   */
  async function prune(inventory: Inventory): Promise<void> {
    const [moment, before] = [now(), begun]
    if (moment < pruneAfter || ledger.unsettled().length > 0) return
    pruneAfter = moment + pruneEveryMs
    const noted = ledger
      .notedBefore(moment)
      .filter(
        ({ path }) => !path.startsWith('/mnt/') || inventory.roots.some(root => path.startsWith(`${root}/`)),
      )
    if (noted.length === 0) return
    const present = await inventory.present()
    const gone = noted.flatMap(({ inode }) => (present.has(inode) ? [] : [inode]))
    for (let from = 0; from < gone.length && begun === before; from += chunk) {
      ledger.forget(gone.slice(from, from + chunk), moment)
      await new Promise(setImmediate)
    }
  }

  /** A reading of a file from outside shows from the time returned on. What others have read meanwhile is theirs. */
  async function arm(inventory: Inventory, since: string): Promise<string> {
    const unarmed = await outsideOf(await inventory.unarmed())
    if (unarmed.length === 0) return since
    for (const other of running) other.read = true
    await inventory.arm(unarmed)
    return await tick()
  }

  /** A time that files which changed before may have, and those that change from now on have not. */
  async function tick(): Promise<string> {
    const time = clock()
    while (clock() === time) await sleep(1)
    return time
  }

  return {
    of: fact => ledger.of(fact) ?? { origin: 'derived', labels: null },
    async lasts(written) {
      const id = ledger.begin(await tick(), written)
      return () => {
        try {
          ledger.breakOff(timeOf(now()), id)
        } catch (error) {
          // The next gateway finds it unfinished, which is as good.
          log.debug({ reason: messageOf(error) }, 'the end of a program was not noted')
        }
      }
    },
    async writes(written, write) {
      const id = ledger.begin(await tick(), written)
      try {
        ledger.end(id, [await write()], written, now())
      } catch (error) {
        ledger.breakOff(timeOf(now()), id)
        throw error
      }
    },
    async follow(turn, networked, inventory, command) {
      await settle(inventory)
      await prune(inventory).catch(unlisted)
      begun++
      const since = await tick()
      const atWorst = worst([turn.origin, networked ? 'outside' : 'derived'])
      const one: Running = { id: ledger.begin(since, { ...turn, origin: atWorst }), read: false }
      let from = since
      if (anyOutside(one.id)) {
        try {
          from = await arm(inventory, since)
        } catch {
          one.read = true
        }
      }
      running.add(one)
      let origin = atWorst
      try {
        const ran = await command()
        const hasRead = async () => {
          if (!anyOutside(one.id)) return false
          if (one.read || !(await canShow(inventory))) return true
          return (await outsideOf(await inventory.read(from), one.id)).length > 0
        }
        const outside = ran.reached === true || turn.origin === 'outside' || (await hasRead().catch(unlisted))
        origin = outside ? 'outside' : 'derived'
        return { ...ran, origin }
      } finally {
        try {
          // What is not from outside is derived, as is every file that nobody wrote down.
          if (origin === 'outside')
            await close({ id: one.id, since, until: null }, { ...turn, origin }, inventory)
          else ledger.end(one.id, [], turn, now())
        } catch (error) {
          ledger.breakOff(timeOf(now()), one.id)
          unlisted(error)
        }
        running.delete(one)
      }
    },
  }
}

const chunk = 500
const pruneEveryMs = 3_600_000
