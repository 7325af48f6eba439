// What is known of models: their limits, their eyes, and their prices in US dollars a million tokens, as published.
import type { Usage } from '../../store/turns.ts'

export interface ModelFacts {
  /** Tokens that it takes, and tokens that it says at most. */
  readonly context: number
  readonly output: number
  readonly images: boolean
  /** Whether it reads PDFs as they are. */
  readonly documents: boolean
  /** Tokens below which nothing is cached; 0 where nothing is known of a cache. */
  readonly smallestPrefix: number
  /** Null where no price is known. */
  readonly price: { readonly input: number; readonly output: number; readonly cacheRead: number } | null
}

type Entry = readonly [
  name: string,
  context: number,
  output: number,
  smallestPrefix: number,
  input: number,
  out: number,
  cacheRead: number,
]

/**
 * By the beginning of a model's own name, if the name does not go on within its number; the longest beginning
 * counts. All of these see images. Looked up on 21 November 2026. Anthropic: platform.claude.com, “Pricing” and each
 * model's overview; Fable 5.2 as others read that page, and smallest prefixes of the newest as large as any, since
 * no page was to be had that names them. OpenAI (developers.openai.com, “Pricing”) and Google (ai.google.dev,
 * “Pricing”) as others copied their pages between March and November 2026. What is not listed has no price rather
 * than another model's; only an unlisted Claude counts as one of the dearer ones, so that a budget holds. Prices for
 * very long prompts (above 100,000 tokens for Haiku 5.5, 200,000 for others) are left out: history is summed up long
 * before.
 */
const known: readonly Entry[] = [
  ['claude-', 200_000, 64_000, 4_096, 5, 25, 0.5],
  ['claude-fable-5', 1_000_000, 128_000, 512, 10, 50, 1],
  ['claude-fable-5-1', 1_000_000, 128_000, 4_096, 10, 50, 0.25],
  ['claude-fable-5-2', 1_000_000, 128_000, 4_096, 8, 40, 0.2],
  ['claude-opus-5', 1_000_000, 128_000, 512, 5, 25, 0.5],
  ['claude-opus-5-5', 1_000_000, 128_000, 4_096, 4, 20, 0.2],
  ['claude-opus-4-8', 1_000_000, 128_000, 1_024, 5, 25, 0.5],
  ['claude-opus-4-7', 1_000_000, 128_000, 4_096, 5, 25, 0.5],
  ['claude-opus-4-6', 1_000_000, 128_000, 4_096, 5, 25, 0.5],
  ['claude-opus-4-5', 200_000, 64_000, 4_096, 5, 25, 0.5],
  ['claude-opus-4', 200_000, 32_000, 1_024, 15, 75, 1.5],
  ['claude-sonnet-5', 1_000_000, 128_000, 1_024, 2, 10, 0.2],
  ['claude-sonnet-5-5', 1_000_000, 128_000, 4_096, 2, 10, 0.1],
  // 1,024 by the page; nothing below 2,048 was seen to be kept.
  ['claude-sonnet-4-6', 1_000_000, 128_000, 2_048, 3, 15, 0.3],
  ['claude-sonnet-4', 200_000, 64_000, 1_024, 3, 15, 0.3],
  ['claude-haiku-5-5', 1_000_000, 128_000, 4_096, 0.1, 0.5, 0.01],
  ['claude-haiku-4', 200_000, 64_000, 4_096, 1, 5, 0.1],
  ['claude-3-5-haiku', 200_000, 8_192, 2_048, 0.8, 4, 0.08],
  ['claude-3-haiku', 200_000, 4_096, 2_048, 0.25, 1.25, 0.03],
  ['gpt-5', 400_000, 128_000, 1_024, 1.25, 10, 0.125],
  ['gpt-5-mini', 400_000, 128_000, 1_024, 0.25, 2, 0.025],
  ['gpt-5-nano', 400_000, 128_000, 1_024, 0.05, 0.4, 0.005],
  ['gpt-5.2', 400_000, 128_000, 1_024, 1.75, 14, 0.175],
  ['gpt-5.4', 1_050_000, 128_000, 1_024, 2.5, 15, 0.25],
  ['gpt-5.4-mini', 400_000, 128_000, 1_024, 0.75, 4.5, 0.075],
  ['gpt-5.4-nano', 400_000, 128_000, 1_024, 0.2, 1.25, 0.02],
  ['gpt-5.5', 1_050_000, 128_000, 1_024, 5, 30, 0.5],
  ['gpt-4.1', 1_047_576, 32_768, 1_024, 2, 8, 0.5],
  ['gpt-4.1-mini', 1_047_576, 32_768, 1_024, 0.4, 1.6, 0.1],
  ['gpt-4.1-nano', 1_047_576, 32_768, 1_024, 0.1, 0.4, 0.025],
  ['gpt-4o', 128_000, 16_384, 1_024, 2.5, 10, 1.25],
  ['gpt-4o-mini', 128_000, 16_384, 1_024, 0.15, 0.6, 0.075],
  ['gemini-3-flash', 1_048_576, 65_536, 4_096, 0.5, 3, 0.05],
  ['gemini-3.1-pro', 1_048_576, 65_536, 4_096, 2, 12, 0.2],
  ['gemini-3.1-flash-lite', 1_048_576, 65_536, 4_096, 0.25, 1.5, 0.025],
  ['gemini-3.5-flash', 1_048_576, 65_536, 4_096, 1.5, 9, 0.15],
  ['gemini-2.5-pro', 1_048_576, 65_536, 4_096, 1.25, 10, 0.125],
  ['gemini-2.5-flash', 1_048_576, 65_536, 2_048, 0.3, 2.5, 0.03],
  ['gemini-2.5-flash-lite', 1_048_576, 65_536, 2_048, 0.1, 0.4, 0.01],
]

/** Models that read PDFs, by the API that Coop speaks to them. */
const reading = /^(?:claude-|gpt-4o|gpt-4\.1|gpt-5)/

/** Names of models without eyes, wherever they run. */
const blind =
  /^(?:gpt-3\.5|o1-mini|o3-mini|deepseek|mistral(?!.*pixtral)|mixtral|codestral|qwen(?!.*vl)|llama(?!.*(?:vision|-4|4))|phi(?!.*vision)|gpt-oss|command|gemma-?2?(?::|$))/i

const unknown: ModelFacts = {
  context: 200_000,
  output: 32_000,
  images: true,
  documents: false,
  smallestPrefix: 0,
  price: null,
}

const found = new Map<string, ModelFacts>()

/** The facts of a model by its name, with or without its provider; careful guesses for an unknown one. */
export function factsOf(model: string): ModelFacts {
  let facts = found.get(model)
  if (!facts) found.set(model, (facts = lookUp(model)))
  return facts
}

function lookUp(model: string): ModelFacts {
  if (model === 'offline/coop') return { ...unknown, images: false }
  const name = model.slice(model.indexOf('/') + 1)
  const own = name.slice(name.lastIndexOf('/') + 1)
  const entry = known
    .filter(([beginning]) => own.startsWith(beginning) && isWhole(beginning, own.slice(beginning.length)))
    .sort(([a], [b]) => b.length - a.length)[0]
  if (!entry) return { ...unknown, images: !blind.test(own) }
  const [, context, output, smallestPrefix, input, out, cacheRead] = entry
  return {
    context,
    output,
    images: true,
    documents: reading.test(own),
    smallestPrefix,
    price: { input, output: out, cacheRead },
  }
}

/** Whether a model's calls are counted as free because nobody told here what they cost. */
export const isUnpriced = (model: string): boolean =>
  factsOf(model).price === null && !model.startsWith('offline/')

/** A name that goes on within its number is another model's. */
const isWhole = (beginning: string, rest: string): boolean =>
  beginning.endsWith('-') || rest === '' || /^[-@:]/.test(rest)

/** What keeping in a cache costs, against the input price: for five minutes, and for an hour. Only Anthropic charges for it. */
const cacheWrite = 1.25
const cacheWriteLong = 2

/** US dollars for one call; 0 for a model whose price is not known here. */
export function priceOf(model: string, usage: Usage): number {
  const { price } = factsOf(model)
  if (!price) return 0
  const long = usage.cacheLong ?? 0
  const tokens = usage.input + (usage.cacheWrite - long) * cacheWrite + long * cacheWriteLong
  return (tokens * price.input + usage.cacheRead * price.cacheRead + usage.output * price.output) / 1e6
}
