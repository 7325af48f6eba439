// The doctor's part about the models: every provider that may answer is asked whether it takes the key, and what time it is.
import { join } from 'node:path'
import { type Config, providersOf } from '../../config/load.ts'
import { checkProviderKey, type KeyState, keyVariable } from '../key-check.ts'
import { type Check, type Finding, finding } from './check.ts'

/** Seconds that this computer's clock may be off: jobs run to the minute. */
const mostSkewS = 60

export const modelChecks: readonly Check[] = [
  {
    name: 'models',
    run: async config => {
      const found: Finding[] = []
      let skewMs: number | undefined
      for (const { key } of answering(config)) {
        const state = await checkProviderKey(config, key)
        skewMs ??= state.skewMs
        found.push(keyFinding(key, state, `${keyVariable(config, key)} in ${join(config.home, '.env')}`))
      }
      if (skewMs !== undefined) found.push(clockFinding(Math.round(skewMs / 1_000)))
      return found
    },
  },
]

/** The providers of the models that are configured to answer. */
function answering(config: Config) {
  const { agent, models } = config.settings
  const named = [agent.model, models.fast, ...models.fallback].filter(model => model !== undefined)
  return providersOf(config).filter(
    ({ key, name }) => name !== 'offline' && named.some(model => model.startsWith(`${key}/`)),
  )
}

/** `place`: the variable and the file that should hold the key. */
function keyFinding(provider: string, state: KeyState, place: string): Finding {
  const title = `${provider} takes its key`
  if (state.kind === 'good') return { outcome: 'proved', title }
  if (state.kind === 'unknown')
    return { outcome: 'not enforced', title, detail: `not tried: ${state.reason}` }
  return {
    outcome: 'failed',
    title,
    detail: `${state.reason}; write a valid key as ${place}`,
  }
}

const clockFinding = (seconds: number): Finding =>
  finding(
    Math.abs(seconds) <= mostSkewS,
    'the clock agrees with the provider’s',
    `it is ${Math.abs(seconds)} s ${seconds < 0 ? 'behind' : 'ahead'}; switch on network time (timedatectl set-ntp true)`,
  )
