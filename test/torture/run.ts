// Kills the gateway again and again while people write over both channels, then counts what became of every message.
import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { spawnGateway } from '../support/coop.ts'
import type { Sent } from '../support/fake-telegram.ts'
import { bob, openStage } from '../support/stage.ts'
import { until } from '../support/until.ts'
import { isAnswer, tortured, wordsOf } from './model.ts'
import { codeIn, type Writing, type Written, writeFromTerminal, writeOverTelegram } from './people.ts'

export interface Tally {
  kills: number
  /** Of these, before the gateway had polled. */
  killsAtStart: number
  /** Milliseconds from a restart to its first poll: each that lived so long. */
  firstPolls: number[]
  telegram: number
  terminal: number
  toolCalls: number
  /** Messages to somebody else that were approved, and that arrived. */
  notes: { asked: number; arrived: number }
  /** Telegram sends in flight at a kill that the platform got twice. */
  inFlightTwice: number
  /** Beginnings of answers, shown live, whose first send was in flight at a kill: nobody knows them to finish them. */
  draftsLeft: number
  /** What must not be; empty when all is well. */
  violations: string[]
}

export interface TortureOptions {
  readonly kills: number
  readonly progress?: (done: number) => void
}

/** How long after its answer left a send may still count as in flight: a busy gateway has yet to read and store it. */
const settleMs = 1_000
const drainMs = 60_000
const firstPollMs = 60_000

const writers = [1, 2, 3, 4, 5].map(number => ({ id: 2000 + number, name: `Writer${number}` }))
const sitters = ['alice', 'carol']

const users = `
[[users]]
name = "Alice"
trust = "full"
match = ["terminal:default"]
[[users]]
name = "Carol"
trust = "familiar"
[[users]]
name = "Bob"
trust = "familiar"
match = ["telegram:${bob.id}"]
${writers.map(({ id, name }) => `[[users]]\nname = "${name}"\ntrust = "inner"\nmatch = ["telegram:${id}"]\n`).join('')}`

export async function torture(options: TortureOptions): Promise<Tally> {
  await using stage = await openStage({ users, idle: true, env: { COOP_LOG: 'warn' } })
  const { telegram, model, home } = stage
  model.otherwise = ({ body }) => tortured(body)
  const approved = new Set<string>()
  telegram.onSent = sent => {
    const [, code] = codeIn(sent.text) ?? []
    const writer = writers.find(one => String(one.id) === sent.chat)
    if (!code || !writer || approved.has(code)) return
    approved.add(code)
    telegram.write(writer, `/approve ${code}`)
  }

  const written: Written[] = []
  const stop = new AbortController()
  const done = new AbortController()
  const writing: Writing = { written, signal: stop.signal, paceMs: 1_500 }
  const typists = writers.map(writer => writeOverTelegram(telegram, writer, writing))
  const watching = sitters.map(user => writeFromTerminal(home, user, writing, done.signal))

  const tally: Tally = {
    kills: 0,
    killsAtStart: 0,
    firstPolls: [],
    telegram: 0,
    terminal: 0,
    toolCalls: 0,
    notes: { asked: 0, arrived: 0 },
    inFlightTwice: 0,
    draftsLeft: 0,
    violations: [],
  }
  const kills: number[] = []
  const polledSince = (at: number) =>
    telegram.calls.find(call => call.method === 'getUpdates' && call.at >= at)

  while (kills.length < options.kills) {
    await using gateway = spawnGateway(home)
    const { spawnedAt } = gateway
    const early = Math.random() < 0.2
    if (early) await sleep(Math.random() * 700)
    else {
      const poll = await until('the first poll', () => polledSince(spawnedAt), firstPollMs).catch(cause => {
        throw new Error(`restart ${kills.length} never polled: ${gateway.stderr()}`, { cause })
      })
      tally.firstPolls.push(Math.round(poll.at - spawnedAt))
      await sleep(Math.random() * 1_200)
    }
    kills.push(Date.now())
    if (!polledSince(spawnedAt)) tally.killsAtStart++
    await gateway.kill()
    options.progress?.(kills.length)
  }
  tally.kills = kills.length

  stop.abort()
  await Promise.all(typists)
  const last = await stage.start()
  const open = () => {
    using db = reader(home.database)
    const one = (sql: string) => (db.prepare(sql).get() as { n: number }).n
    return (
      telegram.pending().length +
      one("SELECT count(*) AS n FROM inbox WHERE state IN ('new', 'running')") +
      one("SELECT count(*) AS n FROM outbox WHERE state IN ('queued', 'sending')") +
      one("SELECT count(*) AS n FROM turn WHERE state IN ('running', 'waiting')")
    )
  }
  await until('everything is answered', () => open() === 0, drainMs).catch(() =>
    tally.violations.push(`${open()} messages, turns or parts are still open after ${drainMs / 1000} s`),
  )
  await sleep(500)
  done.abort()
  const seen = (await Promise.all(watching)).flat()
  if (!last.alive()) tally.violations.push('the last gateway died by itself')
  await last.stop()

  count(tally, written, telegram.sent(), seen, kills, repeatedIn(home.database))
  countStored(tally, home.database)
  tally.toolCalls = model.requests.filter(({ body }) =>
    body.messages.at(-1)?.content.some(block => block.type === 'tool_result'),
  ).length
  return tally
}

/** What the people saw against what they wrote. */
function count(
  tally: Tally,
  written: readonly Written[],
  sent: readonly Sent[],
  seen: readonly string[],
  kills: readonly number[],
  repeated: ReadonlySet<string>,
): void {
  const inFlight = (one: Sent) =>
    kills.some(
      at =>
        one.at <= at + settleMs &&
        (one.answeredAt === null || one.answeredAt >= at - settleMs) &&
        one.at >= at - 60_000,
    )
  const { once: shown, repeats } = withoutRepeats(sent)
  const left = new Set(shown.filter(one => one.text.endsWith('…') && inFlight(one)))
  tally.draftsLeft = left.size
  const once = shown.filter(one => !left.has(one))
  for (const { first, again } of repeats) {
    if (inFlight(first) && repeated.has(again.text)) tally.inFlightTwice++
    else tally.violations.push(`sent twice to ${again.chat}, and not in flight at a kill: ${again.text}`)
  }
  const answers = (channel: Written['channel']): string[] =>
    channel === 'terminal'
      ? seen.filter(isAnswer)
      : once.flatMap(one => (isAnswer(one.text) ? [one.text] : []))
  for (const channel of ['telegram', 'terminal'] as const) {
    const times = new Map<string, number>()
    for (const text of answers(channel))
      for (const word of wordsOf(text)) times.set(word, (times.get(word) ?? 0) + 1)
    for (const message of written.filter(one => one.channel === channel && one.accepted)) {
      tally[channel]++
      const found = times.get(message.word) ?? 0
      if (found !== 1)
        tally.violations.push(
          [
            `${message.word} of ${message.by} over ${channel} was answered ${found} times`,
            ...answers(channel).filter(text => wordsOf(text).includes(message.word)),
          ].join('\n  '),
        )
    }
  }
  const notes = once
    .filter(one => one.text.includes('a note about'))
    .filter(one => one.chat === String(bob.id))
  tally.notes.arrived = notes.length
}

/** Each text to each chat once, and the repeats with what they repeat. A text names its message, so it is said once. */
function withoutRepeats(sent: readonly Sent[]): { once: Sent[]; repeats: { first: Sent; again: Sent }[] } {
  const first = new Map<string, Sent>()
  const repeats: { first: Sent; again: Sent }[] = []
  for (const one of sent) {
    if (!/m\d+\.|\/approve [A-Z2-9]{6}/.test(one.text)) continue
    const name = `${one.chat} ${one.text}`
    const known = first.get(name)
    if (known) repeats.push({ first: known, again: one })
    first.set(name, one)
  }
  return { once: [...first.values()], repeats }
}

/** What the database says: nothing failed, no effect done twice, every repeat counted. */
function countStored(tally: Tally, path: string): void {
  using db = reader(path)
  const all = <T>(sql: string) => db.prepare(sql).all() as T[]
  const failed = all<{ n: number; reason: string }>(
    "SELECT count(*) AS n, reason FROM inbox WHERE state = 'failed' GROUP BY reason",
  )
  for (const { n, reason } of failed) tally.violations.push(`${n} messages failed: ${reason}`)
  const lost = all<{ body: string; error: string }>(
    "SELECT body, error FROM outbox WHERE state IN ('failed', 'refused')",
  )
  for (const { body, error } of lost) tally.violations.push(`not delivered: ${error}: ${body.slice(0, 200)}`)
  tally.notes.asked = all(
    "SELECT 1 FROM approval WHERE tool = 'message' AND state IN ('used', 'approved')",
  ).length
  const released = all<{ n: number; text: string }>(
    "SELECT count(*) AS n, body AS text FROM outbox WHERE body LIKE '%a note about%' AND key LIKE 'message:%' GROUP BY body",
  )
  for (const { n, text } of released)
    if (n > 1) tally.violations.push(`a message was written ${n} times: ${text}`)
  if (tally.notes.arrived !== released.length || tally.notes.asked !== released.length)
    tally.violations.push(
      `of ${tally.notes.asked} approved messages ${released.length} were written and ${tally.notes.arrived} arrived`,
    )
  const check = db.pragma('integrity_check', { simple: true })
  if (check !== 'ok') tally.violations.push(`the database is damaged: ${String(check)}`)
}

/** The texts that the gateway itself says were in flight at a kill. */
function repeatedIn(path: string): Set<string> {
  using db = reader(path)
  const rows = db.prepare<[], { body: string }>('SELECT body FROM outbox WHERE repeated > 0').all()
  return new Set(rows.map(row => (JSON.parse(row.body) as { text: string }).text))
}

function reader(path: string): Database.Database & Disposable {
  const db = new Database(path, { readonly: true })
  return Object.assign(db, { [Symbol.dispose]: () => void db.close() })
}
