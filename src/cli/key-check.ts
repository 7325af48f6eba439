// Asks a provider and a channel whether the key they are given is theirs, before anybody waits for an answer.
import { type Config, providersOf } from '../config/load.ts'
import { messageOf } from '../errors.ts'

export type KeyState = (
  | { readonly kind: 'good'; readonly name?: string }
  | { readonly kind: 'refused'; readonly reason: string }
  /** Nobody answered, so it is neither known to be good nor to be bad. */
  | { readonly kind: 'unknown'; readonly reason: string }
) & {
  /** How far this computer's clock is ahead of the server's, if that said its time. */
  readonly skewMs?: number
}

const patienceMs = 10_000

/** The key of the model that answers. */
export const checkModelKey = (config: Config): Promise<KeyState> =>
  checkProviderKey(config, config.settings.agent.model.split('/')[0]!)

/** The first key of the provider whose models are named `name/…`. */
export async function checkProviderKey(config: Config, name: string): Promise<KeyState> {
  const provider = providersOf(config).find(({ key }) => key === name)
  if (!provider || provider.name === 'offline') return { kind: 'good' }
  const key = provider.api_keys.map(config.secret).find(Boolean)
  if (provider.name === 'anthropic') {
    if (!key) return { kind: 'refused', reason: 'there is none' }
    const base = (provider.base_url ?? 'https://api.anthropic.com').replace(/\/+$/, '')
    const proof: Record<string, string> = key.startsWith('sk-ant-oat')
      ? { authorization: `Bearer ${key}`, 'anthropic-beta': 'oauth-2025-04-20' }
      : { 'x-api-key': key }
    return ask(`${base}/v1/models?limit=1`, { 'anthropic-version': '2023-06-01', ...proof })
  }
  const base = (provider.base_url ?? 'https://api.openai.com/v1').replace(/\/+$/, '')
  return ask(`${base}/models`, key ? { authorization: `Bearer ${key}` } : {})
}

/** The variable that holds the key of the provider whose models are named `name/…`. */
export const keyVariable = (config: Config, name: string): string =>
  providersOf(config)
    .find(({ key }) => key === name)
    ?.api_keys[0]?.replace(/^env:/, '') ?? 'ANTHROPIC_API_KEY'

/** A Telegram bot's token; its name is the bot's. */
export async function checkTelegramToken(token: string, apiRoot: string): Promise<KeyState> {
  if (!/^\d+:[\w-]+$/.test(token)) return { kind: 'refused', reason: 'a token looks like 123456:ABC-def' }
  const state = await ask(`${apiRoot}/bot${token}/getMe`, {}, body => {
    const result = (body as { result?: { username?: string } } | null)?.result
    return result?.username ? `@${result.username}` : undefined
  })
  return state.kind === 'refused' ? { ...state, reason: 'Telegram does not know this token' } : state
}

async function ask(
  url: string,
  headers: Record<string, string>,
  nameIn: (body: unknown) => string | undefined = () => undefined,
): Promise<KeyState> {
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(patienceMs) })
    const skewMs = Date.now() - Date.parse(response.headers.get('date') ?? '')
    const clock = Number.isNaN(skewMs) ? {} : { skewMs }
    if (response.ok) {
      const name = nameIn(await response.json())
      return { kind: 'good', ...(name === undefined ? {} : { name }), ...clock }
    }
    await response.body?.cancel()
    const kind = [401, 403, 404].includes(response.status) ? 'refused' : 'unknown'
    return { kind, reason: `the answer was ${response.status}`, ...clock }
  } catch (error) {
    return { kind: 'unknown', reason: `${new URL(url).host} was not reached (${causeOf(error)})` }
  }
}

/** What the network said, which fetch hides behind words of its own. */
function causeOf(error: unknown): string {
  const { cause } = error as { cause?: unknown }
  const code = (cause as { code?: unknown } | undefined)?.code
  return typeof code === 'string' ? code : messageOf(cause ?? error)
}
