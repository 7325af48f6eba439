// Each search provider in its own wire format.
import assert from 'node:assert/strict'
import { createServer, type IncomingMessage } from 'node:http'
import { after, before, test } from 'node:test'
import { type SearchSettings, search } from '../../src/web/search.ts'

let base = ''
let seen: { request: IncomingMessage; body: string }[] = []
let answer: { status: number; body: string } = { status: 200, body: '{}' }
const server = createServer(async (request, response) => {
  let body = ''
  for await (const chunk of request) body += chunk
  seen.push({ request, body })
  response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body)
})
before(async () => {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as { port: number }).port}`
})
after(() => server.close())
const { signal } = new AbortController()
const ask = (provider: SearchSettings['provider'], reply: unknown, status = 200) => {
  seen = []
  answer = { status, body: typeof reply === 'string' ? reply : JSON.stringify(reply) }
  return search(
    { provider, key: 'k', baseUrl: base, model: undefined, maxResults: 2 },
    'red tulips',
    undefined,
    signal,
  )
}
const found = { title: 'Tulips', url: 'https://example.com/', text: 'Red ones' }

test('brave is asked with its token and answers with results', async () => {
  const item = { title: 'Tulips', url: 'https://example.com/', description: '<strong>Red</strong> ones' }
  assert.deepEqual(await ask('brave', { web: { results: [item, item, item] } }), [found, found])
  assert.equal(seen[0]!.request.url, '/web/search?q=red+tulips&count=2&text_decorations=false')
  assert.equal(seen[0]!.request.headers['x-subscription-token'], 'k')
})
test('perplexity is asked for results', async () => {
  assert.deepEqual(
    await ask('perplexity', {
      results: [{ title: 'Tulips', url: 'https://example.com/', snippet: 'Red ones' }],
    }),
    [found],
  )
  assert.equal(seen[0]!.request.headers.authorization, 'Bearer k')
  assert.deepEqual(JSON.parse(seen[0]!.body), { query: 'red tulips', max_results: 2 })
})
test('grok answers in words with the sources that they cite', async () => {
  const note = { type: 'url_citation', url: 'https://example.com/', title: 'Tulips' }
  const reply = {
    output: [
      { type: 'web_search_call' },
      { type: 'message', content: [{ type: 'output_text', text: 'Red ones', annotations: [note, note] }] },
    ],
  }
  assert.deepEqual(await ask('grok', reply), [
    { title: 'Answer', url: '', text: 'Red ones' },
    { title: 'Tulips', url: 'https://example.com/', text: '' },
  ])
})
test('a searxng-compatible endpoint is asked for JSON', async () => {
  assert.deepEqual(
    await ask('searxng', {
      results: [{ title: 'Tulips', url: 'https://example.com/', content: 'Red ones' }],
    }),
    [found],
  )
  assert.equal(seen[0]!.request.url, '/search?q=red+tulips&format=json')
})
test('a refusal, an unreadable answer and an unreachable provider are told', async () => {
  await assert.rejects(ask('brave', { error: 'quota' }, 429), /status 429.*quota/)
  await assert.rejects(ask('brave', '<html>'), /no readable results/)
  const nowhere = {
    provider: 'searxng',
    key: undefined,
    baseUrl: 'http://127.0.0.1:9',
    model: undefined,
    maxResults: 5,
  } as const
  await assert.rejects(search(nowhere, 'x', undefined, signal), { code: 'input_invalid' })
})
test('an answer of the wrong shape gives no results', async () => {
  for (const reply of [{}, { web: 7 }, { web: { results: 'x' } }, [], 'null'])
    assert.deepEqual(await ask('brave', reply), [])
})
