// The configured models: which provider answers for a name, with which keys, and what it costs.
import { type Config, providersOf } from '../../config/load.ts'
import { CoopError } from '../../errors.ts'
import type { Usage } from '../../store/turns.ts'
import { type ModelEvent, noUsage, type StreamModel } from '../model.ts'
import type { Adapter } from './adapter.ts'
import type { Rung } from './attempt.ts'
import { factsOf, type ModelFacts, priceOf } from './catalogue.ts'
import { type KeyRing, keyRing } from './keys.ts'
import { ladder } from './ladder.ts'

export interface Models {
  readonly stream: StreamModel
  /** The full name behind an alias or a bare name; throws `model_unknown` if nothing answers for it. */
  resolve(name: string): string
  /** Whether a key for this model is present. */
  hasKey(name: string): boolean
  /** US dollars. */
  cost(name: string, usage: Usage): number
  /** Asks this very model for a word. */
  probe(name: string, signal: AbortSignal): Promise<Probed>
  factsOf(name: string): ModelFacts
  /** Tokens that the model takes. */
  contextOf(name: string): number
  /** Loads the SDK behind a model, so that the first message does not wait for it. */
  warm(name: string): Promise<void>
  /** Every model that the configuration names. */
  readonly known: readonly string[]
}

/** `failure` is null when the model answered. */
export interface Probed {
  readonly failure: Extract<ModelEvent, { type: 'failed' }> | null
  readonly usage: Usage
}

type Kind = 'anthropic' | 'openai-compatible' | 'offline'

const loaders: Record<Kind, () => Promise<() => Adapter>> = {
  anthropic: async () => (await import('./anthropic.ts')).anthropic,
  'openai-compatible': async () => (await import('./openai-compatible.ts')).openaiCompatible,
  offline: async () => (await import('./offline.ts')).offline,
}

/** Enough for any model to say a word. */
const probeTokens = 16

export function openModels(config: Config, options: { idleMs?: number } = {}): Models {
  const { settings } = config
  const now = () => performance.now()
  const providers = new Map(providersOf(config).map(provider => [provider.key, provider]))
  const adapters = new Map<string, Promise<Adapter>>()
  const rings = new Map<string, KeyRing>()
  const known = [
    ...new Set([
      settings.agent.model,
      ...settings.users.flatMap(user => user.model ?? []),
      ...(settings.models.fast ? [settings.models.fast] : []),
      ...settings.models.fallback,
      ...Object.values(settings.models.aliases),
      'offline/coop',
    ]),
  ]

  const keysOf = (provider: { api_keys: readonly string[] }) =>
    provider.api_keys.flatMap(name => config.secret(name) ?? [])

  function split(name: string): { provider: NonNullable<ReturnType<typeof providers.get>>; model: string } {
    const full = settings.models.aliases[name] ?? name
    const slash = full.indexOf('/')
    const provider = providers.get(full.slice(0, Math.max(slash, 0)))
    if (!provider || slash === full.length - 1) {
      throw new CoopError(
        'model_unknown',
        `No provider answers for the model "${name}"; configured: ${[...providers.keys()].join(', ')}.`,
      )
    }
    return { provider, model: full.slice(slash + 1) }
  }

  function factsFor(name: string): ModelFacts {
    const { provider, model } = split(name)
    const context = (provider.context_limits as Record<string, number>)[model]
    const facts = factsOf(`${provider.key}/${model}`)
    return context === undefined ? facts : { ...facts, context, output: Math.min(facts.output, context) }
  }

  async function rungOf(name: string): Promise<Rung> {
    const { provider, model } = split(name)
    let adapter = adapters.get(provider.key)
    if (!adapter) adapters.set(provider.key, (adapter = loaders[provider.name]().then(make => make())))
    const full = `${provider.key}/${model}`
    // A limit is a model's own: what one is refused says nothing of another.
    let keys = rings.get(full)
    if (!keys) rings.set(full, (keys = keyRing(keysOf(provider))))
    return {
      name: full,
      model,
      facts: factsFor(name),
      adapter: await adapter,
      keys,
      endpoint: { baseUrl: provider.base_url, headers: provider.headers },
    }
  }

  const has = (name: string) => {
    try {
      const { provider } = split(name)
      return provider.name !== 'anthropic' || keysOf(provider).length > 0
    } catch {
      return false
    }
  }

  return {
    known,
    stream: ladder({
      rungs: name =>
        Promise.all(
          [name, ...settings.models.fallback.filter(other => other !== name && has(other))].map(rungOf),
        ),
      idleMs: options.idleMs ?? 120_000,
      now,
    }),
    resolve(name) {
      const full =
        settings.models.aliases[name] ??
        (name.includes('/') ? name : known.find(other => other.endsWith(`/${name}`))) ??
        name
      split(full)
      return full
    },
    hasKey: has,
    cost: (name, usage) => priceOf(name, usage),
    contextOf(name) {
      return factsFor(name).context
    },
    factsOf(name) {
      try {
        return factsFor(name)
      } catch {
        // Nobody answers for it: the call itself will say so.
        return factsOf(name)
      }
    },
    async probe(name, signal) {
      const only = ladder({ rungs: async () => [await rungOf(name)], idleMs: options.idleMs ?? 120_000, now })
      const messages = [{ role: 'user', blocks: [{ type: 'text', text: 'Say yes.' }] }] as const
      const system = { stable: 'Answer with one word.', session: '' }
      for await (const event of only(
        { model: name, tools: [], system, messages, maxTokens: probeTokens },
        signal,
      ))
        if (event.type === 'failed') return { failure: event, usage: event.usage ?? noUsage }
        else if (event.type === 'done') return { failure: null, usage: event.usage }
      return { failure: null, usage: noUsage }
    },
    async warm(name) {
      await rungOf(name).catch(() => {})
    },
  }
}
