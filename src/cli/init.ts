// coop init: makes a home, asking little.
import { homedir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { parseArgs } from 'node:util'
import { loadConfig } from '../config/load.ts'
import { type Cli, type Command, exit } from './command.ts'
import { makeHome } from './home.ts'

export const init: Command = {
  name: 'init',
  usage: ['init [--dir D] [--yes]'],
  summary: 'make a home',
  async run(args, cli) {
    const { values } = parseArgs({
      args: [...args],
      options: { dir: { type: 'string' }, yes: { type: 'boolean', short: 'y' } },
    })
    const dir = resolve(values.dir ?? join(homedir(), '.coop'))
    const answers = values.yes || !cli.stdin.isTTY ? defaults() : await ask(cli)
    const path = makeHome({ dir, ...answers })
    loadConfig(path)
    cli.stdout.write(
      `A home is made: ${path}\nNext: \`coop --config ${path}\` to chat, or \`coop --config ${path} start\` for the gateway.\n`,
    )
    return exit.done
  },
}

interface Answers {
  readonly name: string
  readonly model: string
  readonly provider?: string
}

const usualModel = 'anthropic/claude-opus-4-6'

function defaults(): Answers {
  return { name: userInfo().username || 'owner', model: usualModel }
}

async function ask(cli: Cli): Promise<Answers> {
  const usual = defaults()
  const questions = createInterface({ input: cli.stdin, output: cli.stdout })
  try {
    const put = async (question: string, fallback: string) =>
      (await questions.question(`${question} [${fallback}] `, { signal: cli.signal })).trim() || fallback
    const name = await put('What are you called?', usual.name)
    const kind = await put('Which provider: anthropic, openai-compatible or offline?', 'anthropic')
    if (kind === 'offline') return { name, model: 'offline/coop' }
    if (kind === 'anthropic') {
      const variable = await put('Which environment variable holds the key?', 'ANTHROPIC_API_KEY')
      const provider =
        variable === 'ANTHROPIC_API_KEY'
          ? {}
          : { provider: `\n[provider]\nname = "anthropic"\napi_keys = ["env:${variable}"]\n` }
      return { name, model: usualModel, ...provider }
    }
    const variable = await put('Which environment variable holds the key?', 'OPENAI_API_KEY')
    const base = await put('Where is the API?', 'https://api.openai.com/v1')
    const model = await put('Which model?', 'gpt-5')
    return {
      name,
      model: `openai/${model}`,
      provider: `\n[[providers]]\nname = "openai-compatible"\nid = "openai"\napi_keys = ["env:${variable}"]\nbase_url = ${JSON.stringify(base)}\n`,
    }
  } finally {
    questions.close()
  }
}
