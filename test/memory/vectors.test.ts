// Vectors: asked for as each provider wants it, of the stores that are named, and fused with words.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { termsOf } from '../../src/memory/analyse.ts'
import { hasBits } from '../../src/memory/bits.ts'
import { type Embed, type EmbedSettings, openEmbed } from '../../src/memory/embed.ts'
import type { Memory } from '../../src/memory/memory.ts'
import { nearestRows } from '../../src/memory/nearest.ts'
import { writeNote } from '../../src/memory/note.ts'
import { openImport } from '../../src/memory/transfer.ts'
import { allShelves } from '../../src/memory/upkeep.ts'
import { type Asked, converse, scoreOf } from './conversations.ts'
import { asking, direct, type Home, openHome } from './people.ts'

const signal = AbortSignal.timeout(60_000)

interface Request {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Record<string, unknown>
}

/** A provider on loopback: answers each request with what `answer` says. */
async function provider(
  answer: (
    request: Request,
    count: number,
  ) => { status?: number; headers?: Record<string, string>; body?: unknown },
) {
  const requests: Request[] = []
  const server = createServer(async (incoming, outgoing) => {
    let text = ''
    for await (const chunk of incoming) text += chunk
    const request = {
      path: incoming.url ?? '',
      headers: incoming.headers,
      body: JSON.parse(text) as Record<string, unknown>,
    }
    requests.push(request)
    const { status = 200, headers = {}, body } = answer(request, requests.length)
    outgoing
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(JSON.stringify(body ?? {}))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    requests,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Indexed answers in reverse order: the index counts, not the place. */
const openaiAnswer = ({ body }: Request) => ({
  body: {
    data: (body.input as string[]).map((text, index) => ({ index, embedding: [text.length, 1] })).reverse(),
  },
})

/** A bag of stems, hashed: knows equal words and nothing of meaning. */
const bag: Embed = async texts =>
  texts.map(text => {
    const vector = new Float32Array(64)
    for (const term of termsOf(text))
      vector[[...term].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 64, 7)]! += 1
    return vector
  })

const withVectors = (embed: Embed, model = 'bag') => ({
  embedding: { provider: 'openai' as const, model, stores: ['social', 'shared'], embed },
})
const tend = (memory: Memory) => memory.vectors!.tend(allShelves(memory.room), signal)

test('each provider is asked in its own wire format', async () => {
  await using server = await provider(request =>
    request.path === '/embed'
      ? { body: { embeddings: { float: (request.body.texts as string[]).map(text => [text.length, 1]) } } }
      : openaiAnswer(request),
  )
  const ask = async (
    settings: Pick<EmbedSettings, 'provider' | 'dimensions'>,
    use: 'document' | 'question',
  ) => {
    const embed = openEmbed({ ...settings, model: 'm', baseUrl: server.url, key: 'k' })
    assert.deepEqual(
      (await embed(['a', 'abc'], use, signal)).map(vector => [...vector]),
      [
        [1, 1],
        [3, 1],
      ],
    )
    const { path, headers, body } = server.requests.at(-1)!
    assert.equal(headers.authorization, 'Bearer k')
    return { path, ...body }
  }
  assert.deepEqual(await ask({ provider: 'openai', dimensions: 2 }, 'document'), {
    path: '/embeddings',
    model: 'm',
    input: ['a', 'abc'],
    encoding_format: 'float',
    dimensions: 2,
  })
  assert.deepEqual(await ask({ provider: 'voyage', dimensions: 2 }, 'question'), {
    path: '/embeddings',
    model: 'm',
    input: ['a', 'abc'],
    input_type: 'query',
    output_dimension: 2,
  })
  assert.deepEqual(await ask({ provider: 'cohere' }, 'document'), {
    path: '/embed',
    model: 'm',
    texts: ['a', 'abc'],
    input_type: 'search_document',
    embedding_types: ['float'],
  })
  assert.equal((await ask({ provider: 'openai-compatible' }, 'document')).path, '/embeddings')
})

test('many texts are asked for in several requests, in order', async () => {
  await using server = await provider(openaiAnswer)
  const embed = openEmbed({ provider: 'openai-compatible', model: 'm', baseUrl: server.url })
  const texts = Array.from({ length: 150 }, (_, index) => 'x'.repeat(index + 1))
  const vectors = await embed(texts, 'document', signal)
  assert.deepEqual(
    vectors.map(vector => vector[0]),
    texts.map(text => text.length),
  )
  assert.deepEqual(
    server.requests.map(({ body }) => (body.input as string[]).length),
    [64, 64, 22],
  )
})

test('a busy provider is asked again, a refusing one is not', async () => {
  await using busy = await provider((request, count) =>
    count < 3 ? { status: count === 1 ? 429 : 503 } : openaiAnswer(request),
  )
  const patient = openEmbed({ provider: 'openai', model: 'm', baseUrl: busy.url, retryMs: 1 })
  assert.equal((await patient(['a'], 'document', signal)).length, 1)
  assert.equal(busy.requests.length, 3)
  await using refusing = await provider(() => ({ status: 401 }))
  const refused = openEmbed({ provider: 'openai', model: 'm', baseUrl: refusing.url, retryMs: 1 })
  await assert.rejects(refused(['a'], 'document', signal), /401/)
  assert.equal(refusing.requests.length, 1)
})

test('openai-compatible without an address is a fault of the configuration', () => {
  assert.throws(() => openEmbed({ provider: 'openai-compatible', model: 'm' }), { code: 'config_invalid' })
})

test('only the stores that are named are sent out', async () => {
  const sent: string[] = []
  const spy: Embed = async (texts, use, abort) => {
    sent.push(...texts)
    return await bag(texts, use, abort)
  }
  using home = openHome(withVectors(spy))
  const alice = home.memory.open(direct('alice'))
  for (const store of ['social', 'shared', 'private', 'personal'])
    alice.write({ text: `In ${store}`, store }, asking('alice'))
  assert.deepEqual(await tend(home.memory), { embedded: 2, left: 0 })
  assert.deepEqual(sent.sort(), ['Alice: In shared', 'Alice: In social'])
})

test('a vector finds what shares no word with the question', async () => {
  const meaning: Embed = async texts =>
    texts.map(text => Float32Array.from(/cat|feline/i.test(text) ? [1, 0] : [0, 1]))
  using home = openHome(withVectors(meaning))
  const alice = home.memory.open(direct('alice'))
  alice.write({ text: 'The cat sleeps on the stove', store: 'social' }, asking('alice'))
  alice.write({ text: 'The train is late', store: 'social' }, asking('alice'))
  await tend(home.memory)
  assert.equal((await alice.search('feline'))[0]?.text, 'The cat sleeps on the stove')
})

test('past one size vectors are compared in a worker thread, with the same answer', async () => {
  using home = openHome(withVectors(bag))
  const alice = home.memory.open(direct('alice'))
  for (let index = 0; index < 40; index++)
    alice.write({ text: `Heron ${index} lake`, store: index % 2 ? 'social' : 'shared' }, asking('alice'))
  await tend(home.memory)
  const here = await alice.search('lakes of herons', { limit: 20 })
  using other = home.again({ ...withVectors(bag), workerRows: 5 })
  assert.deepEqual(await other.open(direct('alice')).search('lakes of herons', { limit: 20 }), here)
})

test('a failing embedder fails no search and no upkeep', async () => {
  let works = true
  const flaky: Embed = async (texts, use, abort) => {
    if (!works) throw new Error('provider is down')
    return await bag(texts, use, abort)
  }
  using home = openHome(withVectors(flaky))
  const alice = home.memory.open(direct('alice'))
  alice.write({ text: 'The heron nests', store: 'social' }, asking('alice'))
  await tend(home.memory)
  works = false
  alice.write({ text: 'The heron flies', store: 'social' }, asking('alice'))
  assert.equal((await alice.search('heron')).length, 2)
  assert.deepEqual(await tend(home.memory), { embedded: 0, left: 1, error: 'provider is down' })
})

test('another model embeds everything anew, with progress', async () => {
  using home: Home = openHome(withVectors(bag, 'one'))
  const alice = home.memory.open(direct('alice'))
  for (let index = 0; index < 70; index++)
    alice.write({ text: `Heron ${index}`, store: 'social' }, asking('alice'))
  assert.equal((await tend(home.memory)).embedded, 70)
  const small: Embed = async texts => texts.map(() => Float32Array.from([1, 0, 0]))
  const seen: number[] = []
  using other = home.again({ ...withVectors(small, 'two'), onProgress: ({ left }) => void seen.push(left) })
  assert.deepEqual(await tend(other), { embedded: 70, left: 0 })
  assert.deepEqual(seen, [6, 0])
})

test('a forgotten row takes its vector along, even when vectors are off by then', async () => {
  using home = openHome(withVectors(bag))
  const memo = home.memory
    .open(direct('alice'))
    .write({ text: 'The heron nests', store: 'social' }, asking('alice'))
  await tend(home.memory)
  using plain = home.again({ embedding: undefined } as never)
  assert.equal((await plain.open(direct('alice')).forget({ id: memo.id })).forgotten, 1)
  assert.equal(plain.room.files.database(null).prepare('SELECT count(*) FROM vec_social').pluck().get(), 0)
})

test('vectors never make recall worse than words alone on the test conversations', async () => {
  const { turns, questions } = converse({ seed: 5, sessions: 16, speakers: ['Alice', 'Bob'] })
  const recall = async (home: Home) => {
    const view = home.memory.open(direct('alice'))
    const into = openImport()
    view.import(
      into,
      turns.map(turn => ({
        kind: 'turn' as const,
        store: 'social',
        text: turn.text,
        said_by: turn.saidBy,
        session: turn.session,
        seq: turn.seq,
        at: turn.at,
        ref: turn.ref,
      })),
    )
    into.finish()
    if (home.memory.vectors) await tend(home.memory)
    const answers: { asked: Asked; refs: (string | null)[] }[] = []
    for (const asked of questions)
      answers.push({ asked, refs: (await view.search(asked.q)).map(memo => memo.ref) })
    return scoreOf(answers)
  }
  using words = openHome()
  using both = openHome(withVectors(bag))
  const [alone, fused] = [await recall(words), await recall(both)]
  assert.ok(fused.r10 >= alone.r10, JSON.stringify({ alone, fused }))
})

test('a row that takes the place of a forgotten one gets its own vector', async () => {
  using home = openHome(withVectors(bag))
  const alice = home.memory.open(direct('alice'))
  const memo = alice.write({ text: 'The heron nests', store: 'social' }, asking('alice'))
  await tend(home.memory)
  await alice.forget({ id: memo.id })
  alice.write({ text: 'Bees swarm', store: 'social' }, asking('alice'))
  assert.deepEqual(await tend(home.memory), { embedded: 1, left: 0 })
})

test('past one size a first look at bits finds what comparing every vector finds, and forgets with it', async () => {
  const wide: Embed = async texts =>
    texts.map(text => {
      const vector = new Float32Array(1024).fill(-0.01)
      for (const term of termsOf(text))
        vector[[...term].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1024, 7)]! += 1
      return vector
    })
  using home = openHome({ ...withVectors(wide), bitsFromRows: 20 })
  const alice = home.memory.open(direct('alice'))
  const write = (from: number, to: number) => {
    for (let index = from; index < to; index++)
      alice.write({ text: `Heron number${index} at lake${index % 7}`, store: 'social' }, asking('alice'))
  }
  write(0, 30)
  await tend(home.memory)
  write(30, 40)
  await tend(home.memory)
  const shelf = home.memory.room.files.shelf({ id: 'social', owner: null })
  assert.equal(hasBits(shelf), true)
  const count = () => (shelf.sql('SELECT count(*) AS rows FROM bits_social').get() as { rows: number }).rows
  assert.equal(count(), 40)
  const [vector] = await wide(['number33 lake5'], 'question', signal)
  const nearest = () => nearestRows([shelf], vector!, 5).map(({ uid }) => alice.get(uid).text)
  const quick = nearest()
  assert.equal(quick[0], 'Heron number33 at lake5')
  writeNote(shelf.db, 'bits:social', '0')
  assert.equal(nearest()[0], quick[0])
  writeNote(shelf.db, 'bits:social', 'done')
  await alice.forget({ query: 'number33' })
  assert.equal(count(), 39)
  using other = home.again(withVectors(bag, 'other'))
  await tend(other)
  assert.equal(hasBits(shelf), false)
})
