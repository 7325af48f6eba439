// Lets go of what disappeared from its chat: transcript, memory, replies and files, as soon as its time has come.
import type { Clearance, Grant } from '../../access/clearance.ts'
import type { Boxes } from '../../box/room.ts'
import { messageOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { expireEntries } from '../../memory/expire.ts'
import type { Memory } from '../../memory/memory.ts'
import { emptyLog, erase } from '../../store/erase.ts'
import type { Due } from '../../store/expiring.ts'
import type { Store } from '../../store/store.ts'

export interface ExpiryOptions {
  readonly store: Store
  readonly memory: Memory
  readonly boxes: Boxes
  readonly reissue: (grant: Grant) => Promise<Clearance>
  /** Whether the box holds is known by then. */
  readonly ready: Promise<unknown> | undefined
  readonly log: Log
  readonly now: () => number
}

export interface Expiry extends AsyncDisposable {
  /** Begins to look for what is due, at once and then every few seconds. */
  start(): void
}

const everyMs = 5_000
const fileMs = 30_000

export function openExpiry(options: ExpiryOptions): Expiry {
  const { store, memory, log } = options
  let timer: NodeJS.Timeout | undefined
  let work: Promise<void> | undefined
  const stop = new AbortController()

  /** Memory and files first: a crash on the way finds them due again. */
  async function sweep(): Promise<void> {
    await options.ready
    for (
      let due = store.expiring.due(options.now());
      due.length > 0;
      due = store.expiring.due(options.now())
    ) {
      if (stop.signal.aborted) return
      const entries = due.flatMap(one => one.entries)
      const memories = await expireEntries(memory.room, entries)
      for (const one of due) await removeFiles(one)
      await erase(store.db, {
        entries,
        memories: memories.map(({ id }) => id),
        texts: memories.map(({ text }) => text),
      })
      store.expiring.erase(due)
      emptyLog(store.db)
      // What was being remembered meanwhile.
      await expireEntries(memory.room, entries)
      log.debug({ messages: due.length, memories: memories.length }, 'what disappeared from its chat is gone')
    }
  }

  /** Within the person's own box, so that a planted link leads to nobody else's file. */
  async function removeFiles({ files, turn }: Due): Promise<void> {
    const grant = turn === null ? undefined : store.turns.get(turn)?.grant
    if (files.length === 0 || !grant) return
    try {
      const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(fileMs)])
      await using box = await options.boxes.open(await options.reissue(grant), () => 'agent', signal)
      if (!box) throw new Error('the conversation has no box any more')
      const ran = await box.exec(
        { argv: ['/bin/rm', '-f', '--', ...files.map(path => `${box.root}/${path}`)], quiet: 'writing' },
        signal,
      )
      if (ran.code !== 0) throw new Error(ran.stderr.toString().slice(0, 200))
    } catch (error) {
      log.warn({ files, reason: messageOf(error) }, 'files of a message that disappeared are still there')
    }
  }

  const tick = () => {
    work ??= sweep()
      .catch(error =>
        log.warn({ err: { message: messageOf(error) } }, 'what disappeared could not be let go'),
      )
      .finally(() => (work = undefined))
  }

  return {
    start() {
      tick()
      timer = setInterval(tick, everyMs).unref()
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      stop.abort()
      await work
    },
  }
}
