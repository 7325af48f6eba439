// Web search by the wire formats of four kinds of provider.
import { CoopError, messageOf } from '../errors.ts'
import type { WebResult } from '../tools/hands/outside.ts'

export interface SearchSettings {
  readonly provider: 'brave' | 'perplexity' | 'grok' | 'searxng'
  readonly key: string | undefined
  /** Where the provider is, if not at its own address. */
  readonly baseUrl: string | undefined
  readonly model: string | undefined
  readonly maxResults: number
}

type Fields = Readonly<Record<string, unknown>>

interface Provider {
  readonly base: string
  readonly request: (
    query: string,
    count: number,
    settings: SearchSettings,
  ) => { path: string; body?: Fields; headers?: Record<string, string> }
  readonly results: (answer: Fields) => WebResult[]
}

const bearer = (key: string | undefined): Record<string, string> =>
  key === undefined ? {} : { authorization: `Bearer ${key}` }

/** Brave: /res/v1/web/search. Perplexity: /search. Grok: /v1/responses with its web_search tool. SearXNG: /search?format=json. */
const providers: Readonly<Record<SearchSettings['provider'], Provider>> = {
  brave: {
    base: 'https://api.search.brave.com/res/v1',
    request: (query, count, { key }) => ({
      path: `/web/search?${new URLSearchParams({ q: query, count: String(count), text_decorations: 'false' })}`,
      headers: { 'x-subscription-token': key ?? '' },
    }),
    results: answer => list(fields(answer['web'])['results']).map(found => result(found, 'description')),
  },
  perplexity: {
    base: 'https://api.perplexity.ai',
    request: (query, count, { key }) => ({
      path: '/search',
      body: { query, max_results: count },
      headers: bearer(key),
    }),
    results: answer => list(answer['results']).map(found => result(found, 'snippet')),
  },
  grok: {
    base: 'https://api.x.ai/v1',
    request: (query, _, { key, model }) => ({
      path: '/responses',
      body: {
        model: model ?? 'grok-4-1-fast',
        input: [{ role: 'user', content: query }],
        tools: [{ type: 'web_search' }],
      },
      headers: bearer(key),
    }),
    results: grokResults,
  },
  searxng: {
    base: '',
    request: query => ({ path: `/search?${new URLSearchParams({ q: query, format: 'json' })}` }),
    results: answer => list(answer['results']).map(found => result(found, 'content')),
  },
}

const timeoutMs = 30_000
const maxBytes = 4 * 1024 * 1024

/** The host that a search goes to. */
export const searchHost = (settings: SearchSettings): string =>
  new URL(settings.baseUrl ?? providers[settings.provider].base).hostname

/** Throws `input_invalid` with the provider's own words when it refuses. */
export async function search(
  settings: SearchSettings,
  query: string,
  count: number | undefined,
  signal: AbortSignal,
): Promise<readonly WebResult[]> {
  const provider = providers[settings.provider]
  const wanted = Math.min(count ?? settings.maxResults, settings.maxResults)
  const { path, body, headers } = provider.request(query, wanted, settings)
  const base = (settings.baseUrl ?? provider.base).replace(/\/$/, '')
  const answer = await fetch(base + path, {
    method: body ? 'POST' : 'GET',
    headers: {
      accept: 'application/json',
      ...(body ? { 'content-type': 'application/json' } : {}),
      ...headers,
    },
    redirect: 'error',
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    ...(body ? { body: JSON.stringify(body) } : {}),
  }).catch(cause => {
    throw new CoopError('input_invalid', `The search at ${settings.provider} failed: ${messageOf(cause)}`, {
      cause,
    })
  })
  const text = await limited(answer)
  if (!answer.ok) {
    throw new CoopError(
      'input_invalid',
      `${settings.provider} refused the search with status ${answer.status}: ${text.slice(0, 200)}`,
    )
  }
  try {
    return provider
      .results(fields(JSON.parse(text)))
      .filter(found => found.text || found.url)
      .slice(0, wanted)
  } catch (cause) {
    throw new CoopError('input_invalid', `${settings.provider} sent no readable results.`, { cause })
  }
}

async function limited(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of answer.body ?? []) {
    chunks.push(chunk)
    if ((size += chunk.length) > maxBytes)
      throw new CoopError('input_invalid', 'The search sent more than can be read.')
  }
  return Buffer.concat(chunks).toString()
}

/** The answer first, then the sources that its text cites. */
function grokResults(answer: Fields): WebResult[] {
  const parts = list(answer['output'])
    .flatMap(item => list(item['content']))
    .filter(part => part['type'] === 'output_text')
  const text = parts.map(part => String(part['text'] ?? '')).join('\n')
  const cited = parts
    .flatMap(part => list(part['annotations']))
    .filter(note => note['type'] === 'url_citation')
  const sources = new Map(cited.map(note => [String(note['url'] ?? ''), String(note['title'] ?? '')]))
  return [
    { title: 'Answer', url: '', text },
    ...[...sources].map(([url, title]) => ({ title, url, text: '' })),
  ]
}

const result = (found: Fields, text: string): WebResult => ({
  title: String(found['title'] ?? ''),
  url: String(found['url'] ?? ''),
  text: String(found[text] ?? '').replace(/<[^>]+>/g, ''),
})

const fields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {}
const list = (value: unknown): Fields[] => (Array.isArray(value) ? value.map(fields) : [])
