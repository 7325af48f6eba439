// Pages from the web: where they may come from, and what is left of them.
import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:https'
import { connect } from 'node:net'
import { test } from 'node:test'
import { brotliCompressSync, constants, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import type { Net } from '../../src/box/dial.ts'
import { boxRulesOf } from '../../src/box/rules.ts'
import { webFetch } from '../../src/tools/web-fetch.ts'
import { download } from '../../src/web/download.ts'
import { webHandOf, webRulesOf } from '../../src/web/hand.ts'
import { pageOf } from '../../src/web/page.ts'
import { openRig } from '../box/rig.ts'
import { certificate, key } from './certificate.ts'
import { openInternet } from './rig.ts'

const limits = { maxBytes: 200_000, timeoutMs: 5_000 }
const { signal } = new AbortController()
const open = { kind: 'open' } as const
const html =
  (body: string): RequestListener =>
  (_, response) =>
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(body)

test('a page becomes Markdown with absolute links and without scripts', async () => {
  const article = `<p>${'The garden needs water every morning, and more in summer. '.repeat(12)}<a href="/more">more</a> <a href="javascript:x()">bad</a></p>`
  await using internet = await openInternet(
    html(
      `<title>Garden</title><nav>menu</nav><article><h1>Garden</h1>${article}</article><script>steal()</script>`,
    ),
  )
  const page = await pageOf(
    await download(internet.net, open, 'http://example.com/a/', limits, signal),
    signal,
  )
  assert.equal(page.title, 'Garden')
  assert.match(page.text, /\[more\]\(http:\/\/example\.com\/more\)/)
  assert.doesNotMatch(page.text, /steal|javascript:|<p>/)
})

test('a redirect is judged like an address of its own', async () => {
  const to =
    (location: string): RequestListener =>
    (_, response) =>
      response.writeHead(302, { location }).end()
  for (const location of [
    'http://127.0.0.1/',
    'http://169.254.169.254/latest',
    'http://localhost/',
    'http://[::1]/',
    'http://inside.example.org/',
    'http://127.1/',
    'http://0x7f000001/',
    'http://017700000001/',
    'http://[::ffff:127.0.0.1]/',
    'http://%31%32%37.0.0.1/',
    '//127.0.0.1/',
  ]) {
    await using internet = await openInternet(to(location), { 'inside.example.org': ['10.0.0.1'] })
    await assert.rejects(
      download(internet.net, open, 'http://example.com/', limits, signal),
      { code: 'egress_refused' },
      location,
    )
    assert.equal(internet.dialled.length, 1)
  }
  for (const location of [
    'file:///etc/passwd',
    'http://example.com@127.0.0.1/',
    'data:text/plain,x',
    'http://alice:secret@example.com/',
  ]) {
    await using internet = await openInternet(to(location))
    await assert.rejects(
      download(internet.net, open, 'http://example.com/', limits, signal),
      { code: 'input_invalid' },
      location,
    )
  }
})

test('a redirect loop ends', async () => {
  await using internet = await openInternet((_, response) =>
    response.writeHead(302, { location: '/again' }).end(),
  )
  await assert.rejects(
    download(internet.net, open, 'http://example.com/', limits, signal),
    /redirects more than/,
  )
})

test('a name that resolves to this computer or a private network is not dialled', async () => {
  const addresses = {
    'rebind.example.com': ['93.184.215.14', '127.0.0.1'],
    'home.example.com': ['192.168.1.1'],
    'six.example.com': ['::1'],
  }
  await using internet = await openInternet(html('x'), addresses)
  for (const host of Object.keys(addresses)) {
    await assert.rejects(download(internet.net, open, `http://${host}/`, limits, signal), {
      code: 'egress_refused',
    })
  }
  assert.deepEqual(internet.dialled, [])
})

test('a name that changes its mind between two looks is judged at each, and dialled where it was judged', async () => {
  let looks = 0
  await using internet = await openInternet((_, response) =>
    response.writeHead(302, { location: 'http://rebind.example.com/again' }).end(),
  )
  const net: Net = {
    ...internet.net,
    resolve: async () => (++looks === 1 ? ['93.184.215.14'] : ['127.0.0.1']),
  }
  await assert.rejects(download(net, open, 'http://rebind.example.com/', limits, signal), {
    code: 'egress_refused',
  })
  assert.equal(looks, 2)
  assert.deepEqual(internet.dialled, ['93.184.215.14'])
})

test('a name that is not allowed is not even looked up', async () => {
  await using internet = await openInternet(html('x'))
  const some = { kind: 'allow', hosts: ['example.com'] } as const
  await assert.rejects(download(internet.net, some, 'http://secret-data.evil.net/', limits, signal), {
    code: 'egress_refused',
  })
  assert.deepEqual(internet.resolved, [])
})

test('a body without end is read as far as the limit and no further', async () => {
  let sent = 0
  await using internet = await openInternet((_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': String(5 * 1024 ** 3) })
    const chunk = Buffer.alloc(64 * 1024, 'a')
    const more = () => {
      while (!response.destroyed && response.write(chunk)) sent += chunk.length
    }
    response.on('drain', more)
    more()
  })
  const found = await download(internet.net, open, 'http://example.com/', limits, signal)
  assert.equal(found.bytes.length, limits.maxBytes)
  assert.ok(found.cut)
  assert.ok(sent < 64 * 1024 * 1024)
})

test('a bomb of any packing is unpacked as far as the limit and no further', async () => {
  const zeros = Buffer.alloc(64 * 1024 * 1024)
  const bombs = {
    gzip: gzipSync(zeros),
    deflate: deflateSync(zeros),
    br: brotliCompressSync(zeros, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
    zstd: zstdCompressSync(zeros),
  }
  for (const [encoding, bomb] of Object.entries(bombs)) {
    assert.ok(bomb.length < 1024 * 1024)
    await using internet = await openInternet((_, response) =>
      response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': encoding }).end(bomb),
    )
    const found = await download(internet.net, open, 'http://example.com/', limits, signal)
    assert.equal(found.bytes.length, limits.maxBytes, encoding)
    assert.ok(found.cut)
  }
  await using twice = await openInternet((_, response) =>
    response
      .writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'gzip, gzip' })
      .end(bombs.gzip),
  )
  await assert.rejects(
    download(twice.net, open, 'http://example.com/', limits, signal),
    /packed as gzip, gzip/,
  )
})

test('a server that says nothing is given up', async () => {
  await using internet = await openInternet(() => {})
  await assert.rejects(
    download(internet.net, open, 'http://example.com/', { ...limits, timeoutMs: 200 }, signal),
    /took longer/,
  )
  const stop = new AbortController()
  const running = download(internet.net, open, 'http://example.com/', limits, stop.signal)
  setTimeout(() => stop.abort(), 50)
  await assert.rejects(running, { code: 'aborted' })
})

test('what is no text, no page or no address is refused with a reason', async () => {
  await using internet = await openInternet((request, response) => {
    if (request.url === '/pdf') response.writeHead(200, { 'content-type': 'application/pdf' }).end('%PDF')
    else if (request.url === '/odd') response.writeHead(200, { 'content-encoding': 'snappy' }).end('x')
    else if (request.url === '/broken')
      response.writeHead(200, { 'content-encoding': 'gzip' }).end('not gzip')
    else response.writeHead(404).end()
  })
  for (const path of ['pdf', 'odd', 'broken']) {
    await assert.rejects(
      download(internet.net, open, `http://example.com/${path}`, limits, signal),
      { code: 'input_invalid' },
      path,
    )
  }
  await assert.rejects(download(internet.net, open, 'http://example.com/', limits, signal), {
    code: 'not_found',
  })
  for (const bad of ['', 'example.com', 'ftp://example.com', 'http://u:p@example.com/']) {
    await assert.rejects(download(internet.net, open, bad, limits, signal), { code: 'input_invalid' }, bad)
  }
})

test('a page nested without end costs its own thread, not the gateway', async () => {
  const deep = '<div>'.repeat(8_000)
  const found = {
    url: new URL('http://example.com/'),
    type: 'text/html',
    charset: undefined,
    bytes: Buffer.from(`<html><body>${deep}`),
    cut: false,
  }
  const outcome = await pageOf(found, signal).then(
    () => 'read',
    error => error.code,
  )
  assert.ok(outcome === 'read' || outcome === 'input_invalid')
})

test('a turn asks for a page once, pages through it, and marks it as from outside', async () => {
  let hits = 0
  await using internet = await openInternet((_, response) => {
    hits++
    response.writeHead(200, { 'content-type': 'text/plain' }).end('a'.repeat(20_000))
  })
  using rig = openRig()
  const web = webHandOf(
    rig.direct('alice'),
    webRulesOf(rig.config, boxRulesOf(rig.config).egress),
    internet.net,
  )
  const hands = { web } as never
  const first = await webFetch.run({ url: 'http://example.com/', from: 0 }, hands, signal)
  const second = await webFetch.run({ url: 'http://example.com/', from: 16_000 }, hands, signal)
  assert.equal(hits, 1)
  assert.equal(first.origin, 'outside')
  assert.match(first.text, /more follows: from 16000 of 20000/)
  assert.equal(second.text, 'a'.repeat(4_000))
})

test('who reaches no network has no web', () => {
  using rig = openRig()
  const rules = webRulesOf(rig.config, boxRulesOf(rig.config).egress)
  assert.ok(webHandOf(rig.direct('alice'), rules)?.fetch)
  for (const who of ['bob', 'carol', 'mallory']) assert.equal(webHandOf(rig.direct(who), rules), null)
})

test('a page over TLS is read if its certificate is trusted and names the host, and not otherwise', async () => {
  const server = createServer({ cert: certificate, key }, (message, response) =>
    response.writeHead(200, { 'content-type': 'text/plain' }).end(`secret of ${message.headers.host}`),
  )
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const tls = (authorities?: readonly string[]): Net => ({
    resolve: async () => ['93.184.215.14'],
    connect: () => connect(port, '127.0.0.1'),
    ...(authorities ? { authorities } : {}),
  })
  const read = (net: Net, host: string) => download(net, open, `https://${host}/`, limits, signal)
  try {
    const { bytes, url } = await read(tls([certificate]), 'secure.example.com')
    assert.equal(bytes.toString(), 'secret of secure.example.com')
    assert.equal(url.protocol, 'https:')
    await assert.rejects(read(tls(), 'secure.example.com'), /cannot be read: .*self-signed/)
    await assert.rejects(read(tls([certificate]), 'other.example.com'), /cannot be read: .*altnames/)
  } finally {
    server.closeAllConnections()
    server.close()
  }
})
