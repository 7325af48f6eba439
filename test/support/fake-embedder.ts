// An embedding provider on loopback that speaks every wire format: texts of one meaning get one direction.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface FakeEmbedder extends AsyncDisposable {
  readonly url: string
  readonly requests: readonly { readonly path: string; readonly body: Record<string, unknown> }[]
  /** Every text that was sent here. */
  texts(): string[]
  /** Answers every request with this status from now on; 200 ends that. */
  answerWith(status: number): void
}

/** `meanings`: words that mean the same, a list each. */
export async function openFakeEmbedder(meanings: readonly (readonly string[])[]): Promise<FakeEmbedder> {
  const requests: { path: string; body: Record<string, unknown> }[] = []
  let status = 200
  const vectorOf = (text: string) => [
    0.1,
    ...Array.from({ length: 7 }, (_, index) =>
      meanings[index]?.some(word => text.toLowerCase().includes(word)) ? 1 : 0,
    ),
  ]
  const textsOf = (body: Record<string, unknown>) => (body.input ?? body.texts) as string[]
  const server = createServer(async (incoming, outgoing) => {
    let text = ''
    for await (const chunk of incoming) text += chunk
    const body = JSON.parse(text) as Record<string, unknown>
    requests.push({ path: incoming.url ?? '', body })
    const vectors = textsOf(body).map(vectorOf)
    const answer =
      incoming.url === '/embed'
        ? { embeddings: { float: vectors } }
        : { data: vectors.map((embedding, index) => ({ index, embedding })) }
    outgoing
      .writeHead(status, { 'content-type': 'application/json' })
      .end(JSON.stringify(status === 200 ? answer : { error: 'not now' }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    texts: () => requests.flatMap(({ body }) => textsOf(body)),
    answerWith(next) {
      status = next
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
