// What a client that breaks the protocol is told: a typed error each, and the connection and the gateway go on.
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { openLiveClient } from '../support/live-client.ts'
import { openStage } from '../support/stage.ts'
import { until } from '../support/until.ts'

interface Answered {
  readonly id: number | string | null
  readonly result?: { readonly session?: string }
  readonly error?: {
    readonly code: number
    readonly message: string
    readonly data?: { readonly fault?: string }
  }
}

test('each broken request gets its own typed error', async t => {
  await using stage = await openStage()
  const socket = connect(stage.home.socket)
  const answers: Answered[] = []
  let rest = ''
  socket.setEncoding('utf8').on('data', text => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    answers.push(...lines.map(line => JSON.parse(line) as Answered))
  })
  const put = async (line: string): Promise<Answered> => {
    const before = answers.length
    socket.write(`${line}\n`)
    return until(`an answer to ${line.slice(0, 60)}`, () => answers[before])
  }
  const call = (method: string, params: unknown, id: number | string = 1) =>
    put(JSON.stringify({ jsonrpc: '2.0', id, method, params }))
  const fails = (title: string, code: number, says: RegExp, ask: () => Promise<Answered>) =>
    t.test(title, async () => {
      const { error } = await ask()
      assert.equal(error?.code, code, JSON.stringify(error))
      assert.match(error?.message ?? '', says)
    })

  await fails('no JSON', -32700, /not JSON/, () => put('{"jsonrpc": '))
  await fails('invalid UTF-8', -32700, /not JSON/, () => put('\ufffd\u0000'))
  await fails('no request', -32600, /not a JSON-RPC 2\.0 request/, () => put('[1, 2]'))
  await fails('a request before initialize', -32002, /initialize first/, () => call('session/list', {}))
  await fails('an unknown method', -32601, /no method "fly"/, () => call('fly', {}))
  await fails('a method of every object', -32601, /no method "constructor"/, () => call('constructor', {}))
  await fails('another version', -32003, /speaks version 1 of the protocol, the client 99/, () =>
    call('initialize', { protocol: 99, client: 'test' }),
  )
  await fails('a view of nobody', -32010, /no user "Nobody"/, () =>
    call('initialize', { protocol: 1, client: 'test', user: 'Nobody' }),
  )
  const session = (await call('initialize', { protocol: 1, client: 'test' })).result?.session ?? ''
  assert.equal(session, 'direct:alice')
  await fails('parameters that do not fit', -32602, /parameters of session\/send do not fit/, () =>
    call('session/send', { session, text: 7 }),
  )
  await fails('an empty message', -32602, /empty/, () =>
    call('session/send', { session, text: ' ', id: 'a' }),
  )
  await fails('a session of somebody else', -32010, /no session "direct:bob"/, () =>
    call('session/attach', { session: 'direct:bob' }),
  )
  await fails('a frame over a megabyte', -32004, /at most 1000000 bytes/, () => put('x'.repeat(1_100_000)))
  await t.test('the same connection still works', async () => {
    assert.deepEqual((await call('session/send', { session, text: 'hello', id: 'b' }, 'mine')).id, 'mine')
    socket.write(
      `${JSON.stringify({ jsonrpc: '2.0', id: 9, method: 'session/attach', params: { session, after: 0 } })}\n`,
    )
    await until('its reply', () => answers.find(one => JSON.stringify(one).includes('heard: hello')))
  })
  socket.destroy()
  using terminal = await openLiveClient(stage.home)
  assert.equal(await terminal.ask('are you there?'), 'heard: are you there?')
})
