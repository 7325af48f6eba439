// coop init: makes a home with at most four questions, proves the key, and on a terminal ends in a chat.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { parseArgs } from 'node:util'
import { loadConfig } from '../config/load.ts'
import { CoopError } from '../errors.ts'
import { askSecret } from './ask.ts'
import { type Cli, type Command, exit } from './command.ts'
import { makeHome } from './home.ts'
import { checkModelKey, checkTelegramToken, type KeyState } from './key-check.ts'

export const init: Command = {
  name: 'init',
  usage: ['init [--dir D] [--yes]'],
  summary: 'make a home',
  async run(args, cli) {
    const { values } = parseArgs({
      args: [...args],
      options: { dir: { type: 'string' }, yes: { type: 'boolean', short: 'y' } },
    })
    const dir = resolve(values.dir ?? cli.surroundings.home)
    if (existsSync(join(dir, 'coop.toml')))
      throw new CoopError(
        'input_invalid',
        `There is a home in ${dir} already; nothing was changed. \`coop\` opens a chat in it, \`coop init --dir D\` makes another.`,
      )
    if (values.yes || !cli.stdin.isTTY) return plainly(dir, cli)
    const { path, said } = await byQuestions(dir, cli)
    const { chatOnOwn } = await import('./own-gateway.ts')
    return chatOnOwn({ ...cli, config: path }, {}, said)
  },
}

interface Provider {
  readonly model: string
  /** The variable of its key; absent where none is needed. */
  readonly variable?: string
  readonly toml?: string
}

const anthropic: Provider = { model: 'anthropic/claude-opus-4-6', variable: 'ANTHROPIC_API_KEY' }
const openaiApi = 'https://api.openai.com/v1'
const telegramApi = 'https://api.telegram.org'
/** How often a refused key is asked for again. */
const tries = 3

function plainly(dir: string, cli: Cli): number {
  const path = makeHome({ dir, name: userInfo().username || 'owner', model: anthropic.model })
  const { secret } = loadConfig(path)
  const needs = secret(`env:${anthropic.variable}`)
    ? ''
    : ` (with ${anthropic.variable}=… in ${join(dir, '.env')})`
  const config = path === join(cli.surroundings.home, 'coop.toml') ? '' : ` --config ${path}`
  cli.stdout.write(
    `A home is made: ${path}\nNext: \`coop${config}\` to chat, or \`coop${config} start\` for the gateway${needs}.\n`,
  )
  return exit.done
}

/** `said` is for the chat to repeat, which begins on an empty page. */
async function byQuestions(dir: string, cli: Cli): Promise<{ path: string; said: string[] }> {
  const said: string[] = []
  const say = (text: string) => void cli.stdout.write(`${text}\n`)
  const name = await put(cli, 'What are you called?', userInfo().username || 'owner')
  const provider = await askProvider(cli, say)
  const path = makeHome({
    dir,
    name,
    model: provider.model,
    ...(provider.toml === undefined ? {} : { provider: provider.toml }),
  })
  try {
    const secrets = new Map<string, string>()
    const env = join(dir, '.env')
    const kept = existsSync(env) ? readFileSync(env, 'utf8').split('\n').filter(Boolean) : []
    const check = () => {
      writeSecrets(dir, kept, secrets)
      return checkModelKey(loadConfig(path))
    }
    if (provider.variable !== undefined) await askKey(cli, provider.variable, secrets, check, say)
    const token = await askSecret(cli, 'A Telegram bot’s token, to connect it now (Enter: later): ')
    if (token.trim() !== '') {
      const state = await checkTelegramToken(token.trim(), telegramApi)
      if (state.kind === 'refused')
        said.push(
          `Telegram is not connected: ${state.reason}. Later: TELEGRAM_TOKEN=… in ${env}, and in coop.toml [channels.telegram] with token = "env:TELEGRAM_TOKEN".`,
        )
      else {
        secrets.set('TELEGRAM_TOKEN', token.trim())
        writeSecrets(dir, kept, secrets)
        const toml = '\n[channels.telegram]\ntoken = "env:TELEGRAM_TOKEN"\n'
        writeFileSync(path, toml, { flag: 'a' })
        said.push(
          `${telegramState(state)} Write to the bot: it answers with a code, and /approve CODE as ${name} full makes that you.`,
        )
      }
    }
    loadConfig(path)
    return { path, said: [`A home is made: ${path}`, ...said] }
  } catch (error) {
    // A half-made home would refuse the next try.
    rmSync(path, { force: true })
    throw error
  }
}

const telegramState = (state: KeyState): string =>
  state.kind === 'good'
    ? `Telegram is connected${state.name ? ` as ${state.name}` : ''}.`
    : `The Telegram token is kept, but could not be tried: ${state.reason}.`

async function askKey(
  cli: Cli,
  variable: string,
  secrets: Map<string, string>,
  check: () => Promise<KeyState>,
  say: (text: string) => void,
): Promise<void> {
  const already = await check()
  if (already.kind === 'good') return say(`The key in ${variable} works.`)
  for (let left = tries; left > 0; left--) {
    const key = (await askSecret(cli, `The key (it is kept in .env; Enter: later): `)).trim()
    if (key === '') break
    secrets.set(variable, key)
    const state = await check()
    if (state.kind === 'good') return say('The key works.')
    if (state.kind === 'unknown') return say(`The key is kept, but could not be tried: ${state.reason}.`)
    say(`The key is refused: ${state.reason}.`)
    secrets.delete(variable)
  }
  await check()
  say(`Without a key the built-in offline model answers; write ${variable}=… into .env for a real one.`)
}

async function askProvider(cli: Cli, say: (text: string) => void): Promise<Provider> {
  const question = 'Which model: anthropic, openai, offline, or a URL and model?'
  for (let left = tries; left > 0; left--) {
    const provider = providerOf(await put(cli, question, 'anthropic'))
    if (provider) return provider
    say('That is none of these. A URL looks like http://localhost:11434/v1 llama3.3')
  }
  throw new CoopError('input_invalid', 'No model was chosen; nothing was made.')
}

/** Null for an answer that names nothing known. */
function providerOf(answer: string): Provider | null {
  if (answer === 'offline') return { model: 'offline/coop' }
  if (answer === 'anthropic') return anthropic
  if (/^anthropic\/\S+$/.test(answer)) return { ...anthropic, model: answer }
  const [first, model = 'gpt-5'] = answer.replace(/^openai(?=$|\s)/, openaiApi).split(/\s+/)
  const base = first && URL.canParse(first) ? new URL(first) : null
  if (!base || !/^https?:$/.test(base.protocol)) return null
  const local = /^(localhost|127\.|\[::1\])/.test(base.host)
  const keys = local ? '' : 'api_keys = ["env:OPENAI_API_KEY"]\n'
  return {
    model: `openai/${model}`,
    ...(local ? {} : { variable: 'OPENAI_API_KEY' }),
    toml: `\n[[providers]]\nname = "openai-compatible"\nid = "openai"\n${keys}base_url = ${JSON.stringify(first)}\n`,
  }
}

/** Over what `.env` held before; other names in it are kept. */
function writeSecrets(dir: string, kept: readonly string[], secrets: ReadonlyMap<string, string>): void {
  const others = kept.filter(line => !secrets.has(line.split('=')[0]!.trim()))
  const lines = [...others, ...[...secrets].map(([name, value]) => `${name}=${JSON.stringify(value)}`)]
  if (lines.length > 0) writeFileSync(join(dir, '.env'), `${lines.join('\n')}\n`, { mode: 0o600 })
  else rmSync(join(dir, '.env'), { force: true })
}

async function put(cli: Cli, question: string, usual: string): Promise<string> {
  const lines = createInterface({ input: cli.stdin, output: cli.stdout })
  const left = new AbortController()
  lines.once('close', () => left.abort())
  try {
    const signal = AbortSignal.any([cli.signal, left.signal])
    return (await lines.question(`${question} [${usual}] `, { signal })).trim() || usual
  } catch (cause) {
    throw new CoopError('aborted', 'Nothing was made.', { cause })
  } finally {
    lines.close()
  }
}
