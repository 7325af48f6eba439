// Embedding providers over their own wire formats: batched, retried, each answer checked.
import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import { CoopError } from '../errors.ts'

type EmbedFor = 'document' | 'question'

/** One vector a text, in order. Throws when the provider cannot be made to answer. */
export type Embed = (texts: readonly string[], use: EmbedFor, signal: AbortSignal) => Promise<Float32Array[]>

export interface EmbedSettings {
  readonly provider: 'openai' | 'voyage' | 'cohere' | 'openai-compatible'
  readonly model: string
  readonly dimensions?: number | undefined
  readonly baseUrl?: string | undefined
  readonly key?: string | undefined
  /** The first pause between attempts. Default 500. */
  readonly retryMs?: number
}

interface Wire {
  readonly root: string | undefined
  readonly path: string
  /** Most texts in one request. */
  readonly most: number
  readonly body: (texts: readonly string[], use: EmbedFor, settings: EmbedSettings) => Record<string, unknown>
  readonly read: (answer: unknown) => number[][]
}

const indexed = z.object({ data: z.array(z.object({ index: z.int(), embedding: z.array(z.number()) })) })
const typed = z.object({ embeddings: z.object({ float: z.array(z.array(z.number())) }) })

const inOrder = (answer: unknown): number[][] =>
  indexed
    .parse(answer)
    .data.sort((a, b) => a.index - b.index)
    .map(entry => entry.embedding)

const openai: Wire = {
  root: 'https://api.openai.com/v1',
  path: '/embeddings',
  most: 256,
  body: (input, _use, { model, dimensions }) => ({
    model,
    input,
    encoding_format: 'float',
    ...(dimensions === undefined ? {} : { dimensions }),
  }),
  read: inOrder,
}

const wires: Record<EmbedSettings['provider'], Wire> = {
  openai,
  'openai-compatible': { ...openai, root: undefined, most: 64 },
  voyage: {
    root: 'https://api.voyageai.com/v1',
    path: '/embeddings',
    most: 128,
    body: (input, use, { model, dimensions }) => ({
      model,
      input,
      input_type: use === 'question' ? 'query' : 'document',
      ...(dimensions === undefined ? {} : { output_dimension: dimensions }),
    }),
    read: inOrder,
  },
  cohere: {
    root: 'https://api.cohere.com/v2',
    path: '/embed',
    most: 96,
    body: (texts, use, { model, dimensions }) => ({
      model,
      texts,
      input_type: use === 'question' ? 'search_query' : 'search_document',
      embedding_types: ['float'],
      ...(dimensions === undefined ? {} : { output_dimension: dimensions }),
    }),
    read: answer => typed.parse(answer).embeddings.float,
  },
}

const attempts = 4
/** A provider that says nothing for this long is asked again. */
const silenceMs = 30_000
/** What is sent of one text: every provider takes this much. */
const maxTextChars = 8_000

export function openEmbed(settings: EmbedSettings): Embed {
  const wire = wires[settings.provider]
  const root = (settings.baseUrl ?? wire.root)?.replace(/\/+$/, '')
  if (root === undefined) {
    throw new CoopError('config_invalid', 'memory.embedding: provider "openai-compatible" needs base_url.')
  }
  return async (texts, use, signal) => {
    const vectors: Float32Array[] = []
    for (let from = 0; from < texts.length; from += wire.most) {
      const slice = texts.slice(from, from + wire.most).map(text => text.slice(0, maxTextChars))
      const answer = wire.read(
        await ask(`${root}${wire.path}`, wire.body(slice, use, settings), settings, signal),
      )
      if (answer.length !== slice.length)
        throw new Error(`asked for ${slice.length} vectors, got ${answer.length}`)
      vectors.push(...answer.map(values => Float32Array.from(values)))
    }
    return vectors
  }
}

async function ask(
  url: string,
  body: unknown,
  settings: EmbedSettings,
  signal: AbortSignal,
): Promise<unknown> {
  for (let attempt = 1; ; attempt++) {
    let pauseMs = (settings.retryMs ?? 500) * 2 ** (attempt - 1) * (0.75 + Math.random() / 2)
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(settings.key === undefined ? {} : { authorization: `Bearer ${settings.key}` }),
        },
        body: JSON.stringify(body),
        signal: AbortSignal.any([signal, AbortSignal.timeout(silenceMs)]),
      })
      if (response.ok) return await response.json()
      await response.body?.cancel()
      const retryable = response.status === 429 || response.status >= 500
      if (!retryable || attempt === attempts)
        throw new Refused(`the embedding provider answered ${response.status}`)
      const after = Number(response.headers.get('retry-after'))
      if (after > 0) pauseMs = Math.min(after * 1_000, 60_000)
    } catch (error) {
      if (signal.aborted || error instanceof Refused || attempt === attempts) throw error
    }
    await wait(pauseMs, undefined, { signal })
  }
}

class Refused extends Error {}
