// Whether a configuration works: refused at once for what can be known at once, watched for the rest.
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { type Models, openModels } from '../../agent/models/models.ts'
import type { Channel } from '../../channel.ts'
import { sameChannel } from '../../config/in-force.ts'
import type { Config } from '../../config/load.ts'
import { messageOf } from '../../errors.ts'
import { reportPeople } from '../people/preview.ts'

type ModelsOf = (config: Config) => Models

/** What would be broken by `next`, that `now` has; null when nothing is known to be. */
export function refusalOf(next: Config, now: Config, modelsOf: ModelsOf = openModels): string | null {
  const household = [...next.household.people.values()]
  if (!household.some(person => person.level === 'full'))
    return 'nobody would be fully trusted any more, so nobody could change it back'
  try {
    const models = modelsOf(next)
    const { model } = next.settings.agent
    if (!models.hasKey(models.resolve(model)) && answers(now, modelsOf)) return `there is no key for ${model}`
    for (const name of models.known) models.resolve(name)
    reportPeople(next)
    return null
  } catch (error) {
    return messageOf(error).replace(/\.$/, '')
  }
}

function answers(config: Config, modelsOf: ModelsOf): boolean {
  const models = modelsOf(config)
  try {
    return models.hasKey(models.resolve(config.settings.agent.model))
  } catch {
    return false
  }
}

/** Watches a configuration that was just brought into force; what fails within `signal`'s time, or null. */
export async function examine(
  next: Config,
  before: Config,
  channel: (name: string) => Channel | undefined,
  signal: AbortSignal,
): Promise<string | null> {
  const found = await Promise.all(
    (Object.keys(next.settings.channels) as (keyof Config['settings']['channels'])[])
      .filter(name => next.settings.channels[name] !== undefined && !sameChannel(name, next, before))
      .map(name => channelFault(name, channel, signal)),
  )
  return found.find(fault => fault !== null) ?? null
}

/** Asks the model for one token, if anything about models changed; what is wrong with it, or null. */
export async function tryModel(next: Config, before: Config, signal: AbortSignal): Promise<string | null> {
  const about = ({ settings, secrets }: Config) => [
    settings.agent.model,
    settings.provider,
    settings.providers,
    settings.models,
    secrets,
  ]
  if (isDeepStrictEqual(about(next), about(before))) return null
  const { model } = next.settings.agent
  const request = {
    model,
    tools: [],
    system: { stable: '', session: '' },
    messages: [{ role: 'user' as const, blocks: [{ type: 'text' as const, text: 'Say ok.' }] }],
    maxTokens: 16,
  }
  for await (const event of openModels(next).stream(request, signal)) {
    if (event.type === 'done' || (event.type === 'failed' && event.kind === 'rate_limit')) return null
    if (event.type === 'failed') return `${model} does not answer: ${event.message.slice(0, 200)}`
  }
  return `${model} does not answer`
}

async function channelFault(
  name: string,
  channel: (name: string) => Channel | undefined,
  signal: AbortSignal,
): Promise<string | null> {
  for (;;) {
    const state = channel(name)?.state()
    if (state?.kind === 'connected') return null
    if (state?.kind === 'failed') return `the channel ${name} does not work: ${state.error}`
    if (!state) return `the channel ${name} does not start`
    if (signal.aborted) return `the channel ${name} does not connect`
    await sleep(50, undefined, { signal }).catch(() => {})
  }
}
