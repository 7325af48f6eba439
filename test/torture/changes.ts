// Kills the gateway, and commands beside it, while a household changes things; then reads what is lost, doubled or half written.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { type Chance, chanceFrom } from '../outside/chance.ts'
import { runCoop, spawnGateway } from '../support/coop.ts'
import type { Sent } from '../support/fake-telegram.ts'
import { makeTestHome } from '../support/home.ts'
import { alice, bob, carol, openStage, type Stage } from '../support/stage.ts'
import { until } from '../support/until.ts'
import { industrious } from './industrious.ts'

export interface Changes {
  readonly kills: number
  /** What was asked for, by kind. */
  readonly asked: Readonly<Record<string, number>>
  /** What must not be; empty when all is well. */
  readonly violations: readonly string[]
}

export interface ChangesOptions {
  readonly seed: number
  readonly kills: number
  readonly progress?: (done: number) => void
}

const users = `
[[users]]
name = "Alice"
trust = "full"
match = ["terminal:default", "telegram:${alice.id}"]
[[users]]
name = "Bob"
trust = "full"
match = ["telegram:${bob.id}"]
[[users]]
name = "Carol"
trust = "full"
match = ["telegram:${carol.id}"]
`

/** Around a kill a send is in flight: the platform has it, the gateway does not know. */
const inFlightMs = 1_500
const drainMs = 90_000

export async function change({ seed, kills, progress }: ChangesOptions): Promise<Changes> {
  const chance = chanceFrom(seed)
  await using stage = await openStage({ users, idle: true, env: { COOP_LOG: 'warn' } })
  const { telegram, model, home } = stage
  model.otherwise = ({ body }) => industrious(body, chance)
  home.file('workspaces/default/SOUL.md', 'Be kind.')
  const household = openHousehold(stage, chance)
  telegram.onSent = household.read

  const killed: number[] = []
  const stop = new AbortController()
  const busy = household.live(stop.signal)
  while (killed.length < kills) {
    await using gateway = spawnGateway(home)
    // A command that works without a gateway holds the home meanwhile.
    const ready = await gateway.ready.then(
      () => true,
      () => false,
    )
    if (!ready) continue
    await sleep(200 + chance.next() * 1_800)
    killed.push(Date.now())
    await gateway.kill()
    if (chance.is(0.3)) await household.alone()
    progress?.(killed.length)
  }
  stop.abort()
  await busy
  await stage.start()
  const open = () => telegram.pending().length + openIn(home.database)
  await until('everything is done', () => open() === 0, drainMs).catch(() => {})
  const left = open()
  // Reminders are set for a moment later.
  await until('all reminders', () => household.remindersOut(), 20_000).catch(() => {})
  await until('the end of what they began', () => openIn(home.database) === 0, drainMs).catch(() => {})
  const violations = [
    ...(left > 0 ? [`${left} messages, turns or parts are still open after ${drainMs / 1_000} s`] : []),
    ...(await household.judge(killed)),
  ]
  return { kills: killed.length, asked: household.asked(), violations }
}

type Kind = 'keep' | 'remind' | 'help' | 'set' | 'patch'

function openHousehold(stage: Stage, chance: Chance) {
  const { telegram, home } = stage
  const words: { readonly kind: Kind; readonly word: string }[] = []
  const codes = new Set<string>()
  /** Values of one key in the order in which they were asked for, and the last one that was confirmed. */
  const values: number[] = []
  let confirmed = -1
  /** In the other half of all stories nobody goes back, so that what was done stays done. */
  const goesBack = chance.is(0.5)
  const strangers: { readonly id: number; admitted: boolean }[] = []
  const backups: { readonly file: string; readonly done: boolean }[] = []
  const imported: { readonly word: string; readonly done: boolean }[] = []
  let count = 0

  const ask = (kind: Kind, who: typeof alice) => {
    const word = `w${++count}.`
    words.push({ kind, word })
    telegram.write(who, `please ${kind} ${word}`)
  }
  const nextValue = () => {
    values.push(60 + values.length)
    return values.at(-1)!
  }
  /** Killed itself at some moment, now and then. */
  const command = (args: readonly string[], stdin?: string) =>
    runCoop(home, args, {
      ...(stdin === undefined ? {} : { stdin }),
      timeoutMs: chance.is(0.3) ? 150 + chance.next() * 900 : 60_000,
    })

  const actions: (() => Promise<void> | void)[] = [
    () => ask('keep', alice),
    () => ask('keep', alice),
    () => ask('remind', alice),
    () => ask('help', carol),
    () => ask('patch', bob),
    () => void telegram.write(alice, `/config set trace.keep_days ${10 + Math.floor(chance.next() * 80)}`),
    () => void telegram.write(alice, '/compact'),
    async () => {
      const at = values.length
      const { code } = await command(['config', 'set', 'trace.max_mb', String(nextValue())])
      if (code === 0) confirmed = at
    },
    async () => {
      if (!goesBack) return
      const { code } = await command(['config', 'rollback'])
      // It goes back to whatever was kept before: from here on only later values are known.
      if (code === 0 || code === null) confirmed = -1
    },
    () => {
      const id = 7_000 + strangers.length
      strangers.push({ id, admitted: false })
      telegram.write({ id, name: `Visitor${id}` }, 'let me in')
    },
    async () => {
      const file = join(home.dir, `backup-${++count}.coop`)
      const { code } = await command(['backup', file])
      backups.push({ file, done: code === 0 })
    },
    async () => {
      const word = `i${++count}.`
      const line = {
        kind: 'fact',
        store: 'shared',
        text: `imported ${word}`,
        ref: word,
        at: new Date().toISOString(),
      }
      const { code } = await command(['memory', 'import', '-'], `${JSON.stringify(line)}\n`)
      imported.push({ word, done: code === 0 })
    },
  ]

  const said = (chat: number, text: RegExp) => telegram.sent(chat).some(sent => text.test(sent.text))

  return {
    /** Does one thing after another, with the gateway running or not. */
    async live(signal: AbortSignal): Promise<void> {
      while (!signal.aborted) {
        await chance.of(actions)()
        await sleep(chance.next() * 250)
      }
    },
    /** Something while no gateway runs. */
    alone: async () => void (await chance.of(actions.slice(-6))()),
    /** Says yes to whatever is asked. */
    read(sent: Sent): void {
      const chat = Number(sent.chat)
      const [, code] = /\/approve ([A-Z2-9]{6})/.exec(sent.text) ?? []
      if (!code || codes.has(code)) return
      codes.add(code)
      const visitor = /^(Visitor\d+) wrote to me/.exec(sent.text)?.[1]
      if (visitor && chat !== alice.id) return void codes.delete(code)
      const who = chat === alice.id ? alice : chat === bob.id ? bob : carol
      telegram.write(who, visitor ? `/approve ${code} as ${visitor} familiar` : `/approve ${code}`)
    },
    remindersOut: () =>
      words.every(({ kind, word }) => kind !== 'remind' || said(alice.id, new RegExp(`reminder ${word}`))),
    asked: () => ({
      ...Object.fromEntries(
        Object.entries(Object.groupBy(words, one => one.kind)).map(([kind, all]) => [kind, all.length]),
      ),
      values: values.length,
      strangers: strangers.length,
      backups: backups.length,
      imported: imported.length,
    }),
    async judge(killed: readonly number[]): Promise<string[]> {
      const found: string[] = []
      const near = (sent: Sent) => killed.some(at => Math.abs(sent.at - at) < inFlightMs)
      const times = (chat: number, text: string): number => {
        const all = telegram.sent(chat).filter(sent => sent.text.includes(text))
        const sure = all.filter(sent => !near(sent)).length
        return all.length === 0 ? 0 : Math.max(1, sure)
      }
      const people = { keep: alice, remind: alice, help: carol, patch: bob, set: alice }
      for (const { kind, word } of words) {
        const chat = people[kind].id
        const answered = telegram
          .sent(chat)
          .filter(sent => /^did /.test(sent.text) && sent.text.includes(word))
        const sure = answered.filter(sent => !near(sent)).length
        if (answered.length === 0 || sure > 1)
          found.push(`${kind} ${word} was answered ${answered.length} times, ${sure} of them far from a kill`)
        if (kind === 'remind' && times(chat, `reminder ${word}`) !== 1)
          found.push(`reminder ${word} came ${times(chat, `reminder ${word}`)} times`)
      }
      const { stdout } = await runCoop(home, ['memory', 'export', '--as', 'alice'])
      const facts = stdout
        .split('\n')
        .filter(Boolean)
        .map(line => JSON.parse(line) as { kind: string; text: string })
        .filter(({ kind }) => kind === 'fact')
      for (const { kind, word } of words) {
        const rows = facts.filter(({ text }) => text === `fact ${word}`).length
        if (kind === 'keep' && rows !== 1) found.push(`fact ${word} is remembered ${rows} times`)
      }
      for (const { word, done } of imported) {
        const rows = facts.filter(({ text }) => text === `imported ${word}`).length
        if (rows > 1 || (done && rows === 0))
          found.push(`imported ${word} is there ${rows} times, done: ${done}`)
      }
      found.push(
        ...(await this.judgeConfiguration()),
        ...(await judgeBackups(home, backups)),
        ...soundness(home.dir),
      )
      return found
    },
    async judgeConfiguration(): Promise<string[]> {
      const found: string[] = []
      const text = readFileSync(home.config, 'utf8')
      const { code, stderr, stdout } = await runCoop(home, ['check'])
      if (code !== 0) found.push(`the configuration is not valid any more: ${stdout}${stderr}\n${text}`)
      const value = Number(/max_mb = (\d+)/.exec(text)?.[1] ?? 50)
      if (confirmed >= 0 && values.indexOf(value) < confirmed)
        found.push(`trace.max_mb is ${value}, and ${values[confirmed]} was confirmed after it`)
      using db = reader(home.database)
      const last = db.prepare('SELECT text, state FROM generation ORDER BY id DESC LIMIT 1').get() as
        | { text: string; state: string }
        | undefined
      if (last?.text !== text) found.push(`coop.toml is not what the history says last (${last?.state})`)
      if (last?.state === 'probation') found.push('the last generation is still being watched')
      for (const { id } of strangers) {
        const entries = text.split(`telegram:${id}`).length - 1
        const known = said(alice.id, new RegExp(`Visitor${id} is known now`))
        if (entries > 1) found.push(`Visitor${id} is known ${entries} times`)
        if (!said(id, /^Hello! I answer only/)) found.push(`Visitor${id} was told nothing`)
        if (!known && !goesBack) found.push(`Visitor${id} was never let in`)
        if (known && entries === 0 && !goesBack) found.push(`Visitor${id} was let in and is not known`)
      }
      return found
    },
  }
}

async function judgeBackups(
  home: Stage['home'],
  backups: readonly { readonly file: string; readonly done: boolean }[],
): Promise<string[]> {
  const found: string[] = []
  for (const { file, done } of backups) {
    if (done && !existsSync(file)) found.push(`${file} was made and is not there`)
    // What lies there under the name that was asked for is whole, whoever was killed.
    if (!existsSync(file) || (done && file !== backups.findLast(one => one.done)?.file)) continue
    using other = makeTestHome('', home.env)
    const dir = join(other.dir, 'restored')
    const { code, stderr } = await runCoop(home, ['restore', file, '--dir', dir], { timeoutMs: 60_000 })
    if (code !== 0) found.push(`${file} cannot be restored: ${stderr}`)
    else found.push(...soundness(dir))
  }
  return found
}

/** Every database of a home is whole. */
function soundness(dir: string): string[] {
  return readdirSync(join(dir, 'db'), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.db'))
    .flatMap(name => {
      using db = reader(join(dir, 'db', name))
      const said = db.pragma('integrity_check', { simple: true })
      return said === 'ok' ? [] : [`${name}: ${String(said)}`]
    })
}

function openIn(path: string): number {
  using db = reader(path)
  const one = (sql: string) => (db.prepare(sql).get() as { n: number }).n
  return (
    one("SELECT count(*) AS n FROM inbox WHERE state IN ('new', 'running')") +
    one("SELECT count(*) AS n FROM outbox WHERE state IN ('queued', 'sending')") +
    one("SELECT count(*) AS n FROM turn WHERE state IN ('running', 'waiting')")
  )
}

const reader = (path: string): Database.Database & Disposable => {
  const db = new Database(path, { readonly: true })
  return Object.assign(db, { [Symbol.dispose]: () => void db.close() })
}
