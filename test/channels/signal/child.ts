// A gateway's Signal channel in a process of its own, that kills itself at a given point. Talks JSON lines.

import { appendFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Net } from '@signalapp/libsignal-client'
import Database from 'better-sqlite3'
import { createSignal } from '../../../channels/signal/adapter.ts'
import { linkSignal } from '../../../channels/signal/link.ts'
import type { SignalSettings } from '../../../channels/signal/service.ts'
import type { Outbound } from '../../../src/channel.ts'
import { silentLog } from '../../../src/log.ts'

export type Cut = 'before-commit' | 'after-commit' | 'before-put' | 'after-put' | 'before-link' | 'after-link'

export interface Orders {
  readonly home: string
  readonly settings: SignalSettings
  /** What the core stored goes here, a line a message. */
  readonly heard: string
}

export type Order =
  | { readonly do: 'listen' }
  | { readonly do: 'link' }
  | { readonly do: 'send'; readonly outbound: Outbound }
  /** The next time this point is reached the process dies. */
  | { readonly do: 'arm'; readonly cut: Cut }

const { home, settings, heard } = JSON.parse(process.argv[2] ?? '{}') as Orders
let armed: Cut | undefined
const say = (line: unknown) => process.stdout.write(`${JSON.stringify(line)}\n`)
const dieAt = (cut: Cut) => {
  if (armed === cut) process.kill(process.pid, 'SIGKILL')
}

const { transaction } = Database.prototype
Database.prototype.transaction = function (this: Database.Database, work: never) {
  const real = transaction.call(this, work) as Database.Transaction
  const immediate = (...given: unknown[]) => {
    dieAt('before-commit')
    const result = real.immediate(...given)
    dieAt('after-commit')
    return result
  }
  return Object.create(real, { immediate: { value: immediate } })
} as never

for (const connection of [Net.AuthenticatedChatConnection, Net.UnauthenticatedChatConnection]) {
  const { fetch } = connection.prototype
  connection.prototype.fetch = async function (this: Net.AuthenticatedChatConnection, request, options) {
    const point = request.path.startsWith('/v1/messages/')
      ? 'put'
      : request.path.endsWith('/devices/link')
        ? 'link'
        : undefined
    if (point) dieAt(`before-${point}`)
    const answer = await fetch.call(this as never, request, options)
    if (point) dieAt(`after-${point}`)
    return answer
  } as typeof fetch
}

const deps = {
  log: silentLog(),
  home,
  secret: () => undefined,
  cursors: { all: () => ({}), save: () => {} },
  knows: () => false,
}
let channel: Awaited<ReturnType<typeof createSignal>> | undefined

async function listen(): Promise<void> {
  channel = await createSignal(settings, deps)
  const connected = setInterval(() => {
    if (channel?.state().kind !== 'connected') return
    clearInterval(connected)
    say({ connected: true })
  }, 5)
  for await (const batch of channel.listen(new AbortController().signal)) {
    for (const { externalId, text } of batch)
      appendFileSync(heard, `${JSON.stringify({ externalId, text })}\n`)
    say({ heard: batch.map(inbound => inbound.externalId) })
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line) as Order
  if (order.do === 'arm') armed = order.cut
  if (order.do === 'listen') void listen()
  if (order.do === 'send') void channel?.send(order.outbound, AbortSignal.timeout(10_000)).then(say)
  if (order.do === 'link') {
    const options = { name: 'Coop', onCode: (url: string) => say({ url }) }
    void linkSignal(settings, home, options, AbortSignal.timeout(20_000)).then(say, error =>
      say({ error: String(error) }),
    )
  }
  if (order.do === 'arm') say({ armed })
}
