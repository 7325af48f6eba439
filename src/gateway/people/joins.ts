// Two identities that turn out to be one person: what was the one's becomes the other's, whole, over any crash.
import type { Household, Person } from '../../access/household.ts'
import { countFiles, joinFolder } from '../../box/join.ts'
import { messageOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { countPersonal, forgetPersonal, joinPersonal } from '../../memory/join.ts'
import type { Room } from '../../memory/scope.ts'
import { countRows, joinRows, sessionNames } from '../../store/join.ts'
import type { Store } from '../../store/store.ts'

export interface Join {
  /** Person ids. */
  readonly from: string
  readonly into: string
  /** The identities that prove it: all of them are `into`'s afterwards. */
  readonly matches: readonly string[]
  /** Who said so. */
  readonly by: string | null
  /** The rows of coop.db are there; what is left is to clear away. */
  readonly moved?: true
}

export interface Joins extends Disposable {
  /** What it means, for whoever has to agree. */
  question(from: Person, into: Person): string
  /** Writes down what is to be joined once the configuration says that they are one; held back until disposed. */
  plan(join: Join): Promise<Disposable>
  /** Whether somebody who is gone left something under this id, which whoever is given it would then read. */
  leftBehind(id: string): boolean
  /** Why `next` cannot be made while something is still to be joined; null when it can. */
  refusal(next: Household): string | null
  /** Joins what is planned and true by the configuration in force, and forgets what is planned and is not. In words. */
  carryOut(): Promise<string[]>
}

export interface JoinsOptions {
  readonly store: Store
  readonly memory: () => Room
  readonly workspace: () => string
  /** The household in force. */
  readonly household: () => Household
  /** Runs `work` while nothing is being remembered. */
  readonly quietly: (work: () => void) => Promise<void>
  /** Everything is joined: jobs have another owner. */
  readonly joined: () => void
  readonly tell: (person: string, text: string) => void
  readonly log: Log
}

/** What became of a planned join; undone, it is looked at again. */
interface Outcome {
  readonly text: string
  readonly done: boolean
}

const name = 'joins'
const lookAgainMs = 100
const faultRestMs = 30_000

export function openJoins(options: JoinsOptions): Joins {
  const { store, household, log } = options
  const underway = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  let closed = false

  const planned = () => store.settings.get<readonly Join[]>('gateway', name) ?? []
  const keep = (joins: readonly Join[]) => {
    if (joins.length === 0) store.settings.remove('gateway', name)
    else store.settings.set('gateway', name, joins, Date.now())
  }
  const forget = (join: Join) => keep(planned().filter(one => one.from !== join.from))

  /** Whose it is in the end, if that one was joined to another since. */
  function heir(id: string): string {
    const next = planned().find(join => join.from === id && !household().people.has(id))
    return next ? heir(next.into) : id
  }

  function isTrue({ from, into, matches }: Join): boolean {
    const { people, byMatch } = household()
    const last = heir(into)
    return !people.has(from) && people.has(last) && matches.every(match => byMatch.get(match) === last)
  }

  /** A turn that began for them ends under the new configuration, or begins again as the other. */
  const isBusy = ({ from }: Join) => store.turns.open().some(turn => turn.grant.person === from)

  function move(join: Join): string {
    const { from, matches } = join
    const into = heir(join.into)
    const room = options.memory()
    const { sessions, jobs } = countRows(store.db, from)
    const memories = countPersonal(room, from)
    const names = sessionNames(store.db, from, into)
    joinPersonal(room, from, into, names)
    const folder = joinFolder(options.workspace(), from, into)
    store.together(() => {
      joinRows(store.db, from, into, names)
      keep(planned().map(one => (one.from === from ? { ...one, moved: true } : one)))
    })
    clear(join)
    options.joined()
    log.info({ from, into, identities: matches.length, memories, sessions, jobs }, 'two people became one')
    const files = folder === null ? '' : `; the files are in ${folder}`
    return `What was personal to ${from} is ${nameOf(into)}’s now (memories ${memories}, conversations ${sessions}, jobs ${jobs})${files}.`
  }

  function clear(join: Join): void {
    forgetPersonal(options.memory(), join.from)
    forget(join)
  }

  const nameOf = (id: string) => household().people.get(id)?.name ?? id

  async function carryOut(): Promise<Outcome[]> {
    const outcomes: Outcome[] = []
    for (const join of planned()) {
      if (underway.has(join.from) || closed) continue
      if (join.moved) clear(join)
      else if (store.generations.last()?.state === 'probation') outcomes.push(later(join, faultRestMs))
      else if (!isTrue(join)) forget(join)
      else outcomes.push(await attempt(join))
    }
    return outcomes
  }

  async function attempt(join: Join): Promise<Outcome> {
    try {
      let text = ''
      await options.quietly(() => {
        if (planned().some(one => one.from === join.from) && isTrue(join) && !isBusy(join)) text = move(join)
      })
      return text === '' ? later(join, lookAgainMs) : { text, done: true }
    } catch (error) {
      log.error({ err: { message: messageOf(error) }, from: join.from }, 'what was theirs is not joined yet')
      return later(join, faultRestMs, `, which did not work yet: ${messageOf(error)}`)
    }
  }

  function later({ from, into, by }: Join, ms: number, why = ''): Outcome {
    clearTimeout(timer)
    timer = setTimeout(async () => {
      for (const { text, done } of await carryOut()) if (done && by !== null) options.tell(by, text)
    }, ms).unref()
    return { text: `What is personal to ${from} will join ${nameOf(into)}’s${why}.`, done: false }
  }

  return {
    question(from, into) {
      const room = options.memory()
      const holds = ({ id }: Person) => {
        const { sessions, jobs } = countRows(store.db, id)
        return `memories ${countPersonal(room, id)}, files ${countFiles(options.workspace(), id)}, conversations ${sessions}, jobs ${jobs}`
      }
      const who = from.matches.join(', ') || from.name
      return [
        `${from.name} and ${into.name} become one person: ${into.name} (${into.id}), trusted as ${into.level}.`,
        `Whoever writes as ${who} then reads what is personal to ${into.name}: ${holds(into)}.`,
        `What is personal to ${from.name} joins it: ${holds(from)}. The files go to users/${into.id}/personal/from-${from.id}.`,
        'It cannot be taken apart again.',
      ].join('\n')
    },
    async plan(join) {
      keep([...planned().filter(one => one.from !== join.from), join])
      underway.add(join.from)
      await store.durable()
      return { [Symbol.dispose]: () => void underway.delete(join.from) }
    },
    leftBehind(id) {
      if (household().people.has(id)) return false
      const { sessions, jobs } = countRows(store.db, id)
      return sessions + jobs + countPersonal(options.memory(), id) + countFiles(options.workspace(), id) > 0
    },
    refusal(next) {
      const taken = planned().find(join => !household().people.has(join.from) && next.people.has(join.from))
      return taken
        ? `what was ${taken.from}’s is still being joined to ${taken.into}; try again in a minute`
        : null
    },
    carryOut: async () => (await carryOut()).map(({ text }) => text),
    [Symbol.dispose]() {
      closed = true
      clearTimeout(timer)
    },
  }
}
