// Loaded into a real `coop` before anything else: kills it, or fills its disk, at an exact point when a file asks for that.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import timers from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Net } from '@signalapp/libsignal-client'
import Database from 'better-sqlite3'

/** Where the process meets kill -9: around the commit of a message, around the send of a reply, around linking. */
export type Cut = 'before-commit' | 'after-commit' | 'before-put' | 'after-put' | 'before-link' | 'after-link'
/** `disk-full`: no message can be kept while the file says so. `days-pass`: from its start on, a process lives fast. */
export type Fault = Cut | 'disk-full' | 'days-pass'

/** The file of a home that names the fault that is wanted. */
export const faultFile = (home: string): string => join(home, 'fault')

/** What a process of this home has to be started with. */
export const faultOptions = { NODE_OPTIONS: `--import=${fileURLToPath(import.meta.url)}` }

const codeMs = 45_000
const shortCodeMs = 1_500

if (process.env.NODE_OPTIONS === faultOptions.NODE_OPTIONS) install(faultFile(process.env.HOME ?? ''))

function install(file: string): void {
  const wanted = (fault: Fault) => existsSync(file) && readFileSync(file, 'utf8') === fault
  const dieAt = (cut: Cut) => {
    if (!wanted(cut)) return
    rmSync(file)
    process.kill(process.pid, 'SIGKILL')
  }
  aroundCommits(wanted, dieAt)
  aroundRequests(dieAt)
  if (wanted('days-pass')) liveFast()
  // A code of the linking command stays for as long as a test waits.
  const { setTimeout } = timers
  timers.setTimeout = ((ms?: number, ...rest: []) =>
    setTimeout(ms === codeMs ? shortCodeMs : ms, ...rest)) as typeof setTimeout
  syncBuiltinESMExports()
}

const beatMs = 30_000
const fastBeatMs = 20
/** As long as half an hour seems to take. */
const perBeatMs = 30 * 60_000

/** Each beat of a connection that is kept alive takes no time, and half an hour by the clock. */
function liveFast(): void {
  const { now } = Date
  let ahead = 0
  Date.now = () => now() + ahead
  const { setInterval } = globalThis
  globalThis.setInterval = ((work: () => void, ms: number, ...rest: unknown[]) => {
    if (ms !== beatMs) return setInterval(work, ms, ...rest)
    return setInterval(() => {
      ahead += perBeatMs
      work()
    }, fastBeatMs)
  }) as typeof setInterval
}

/** When our own replies were written: their requests are told from receipts by that. */
const replies = new Set<number>()

function aroundCommits(wanted: (fault: Fault) => boolean, dieAt: (cut: Cut) => void): void {
  let holdsMessage = false
  const { prepare, transaction } = Database.prototype
  Database.prototype.prepare = function (this: Database.Database, sql: string) {
    const statement = prepare.call(this, sql) as Database.Statement<unknown[]>
    const before = (look: (...given: unknown[]) => void) => {
      const { run } = statement
      statement.run = (...given: unknown[]) => {
        look(...given)
        return run.apply(statement, given)
      }
    }
    if (sql.startsWith('INSERT INTO inbound '))
      before(() => {
        if (wanted('disk-full')) throw new Database.SqliteError('database or disk is full', 'SQLITE_FULL')
        dieAt('before-commit')
        holdsMessage = true
      })
    if (sql.startsWith('INSERT INTO outbound ')) before((_, timestamp) => replies.add(Number(timestamp)))
    return statement
  } as never
  Database.prototype.transaction = function (this: Database.Database, work: never) {
    const real = transaction.call(this, work) as Database.Transaction
    const { exclusive, deferred } = real
    const immediate = (...given: unknown[]) => {
      holdsMessage = false
      const result = real.immediate(...given)
      if (holdsMessage) dieAt('after-commit')
      return result
    }
    return Object.assign((...given: unknown[]) => real(...given), { immediate, exclusive, deferred })
  } as never
}

function aroundRequests(dieAt: (cut: Cut) => void): void {
  for (const connection of [Net.AuthenticatedChatConnection, Net.UnauthenticatedChatConnection]) {
    const { fetch } = connection.prototype
    connection.prototype.fetch = async function (this: Net.AuthenticatedChatConnection, request, options) {
      const point = pointOf(request)
      if (point) dieAt(`before-${point}`)
      const answer = await fetch.call(this as never, request, options)
      if (point) dieAt(`after-${point}`)
      return answer
    } as typeof fetch
  }
}

function pointOf({ path, body }: Net.ChatRequest): 'put' | 'link' | undefined {
  if (path.endsWith('/devices/link')) return 'link'
  if (!path.startsWith('/v1/messages/') || !body) return undefined
  const { timestamp } = JSON.parse(Buffer.from(body).toString()) as { timestamp: number }
  return replies.has(timestamp) ? 'put' : undefined
}
