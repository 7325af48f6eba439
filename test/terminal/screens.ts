// Captures docs/screens.md from the real program in a real terminal: node test/terminal/screens.ts
import { readFileSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { fileURLToPath } from 'node:url'
import { until } from '../support/until.ts'
import { bin, openHouse } from './house.ts'
import { openModelServer } from './model-server.ts'
import { openPane, type Pane } from './pane.ts'

const size = { columns: 76, rows: 22 }

/** Each screen's title and what it shows. */
async function screens(): Promise<(readonly [title: string, text: string])[]> {
  const found: (readonly [string, string])[] = []
  const add = (title: string, pane: Pane) => found.push([title, pane.screen()])
  {
    await using house = openHouse()
    using pane = openPane({
      command: [process.execPath, bin, 'init'],
      env: house.env,
      cwd: house.dir,
      ...size,
    })
    await pane.until(/What are you called\?/)
    pane.type('Alice')
    pane.press('Enter')
    await pane.until(/Which model/)
    pane.type('offline')
    pane.press('Enter')
    await pane.until(/Telegram/)
    found.push(['`coop init` asks', pane.screen().replace(`[${userInfo().username}]`, '[alice]')])
    pane.press('Enter')
    await pane.until(/Alice, full .* context/)
    found.push(['… and ends in a chat', pane.screen().replaceAll(house.dir, '~')])
  }
  {
    await using house = openHouse()
    const pane = house.pane(['chat'], size)
    await pane.until(/· Alice/)
    pane.type('todo: buy milk; call Bob')
    pane.press('Enter')
    await pane.until(/\[ \] call Bob[\s\S]*% context/)
    add('A chat with the built-in offline model; the tool step is folded', pane)
    pane.type('/mo')
    await pane.until(/→ model/)
    add('Commands complete', pane)
    pane.press('Escape')
    await pane.until(text => !/→ model/.test(text))
    pane.press('C-u')
    pane.type('tell Bob that dinner is ready')
    pane.press('Enter')
    await pane.until(/y yes/)
    add('A question that waits for a yes', pane)
  }
  {
    const answer =
      '## Bread\n\nMix **500 g** of flour with water, then `wait`.\n\n```ts\nconst hours = 12\n```\n\n| step | time |\n|---|---|\n| knead | 10 min |\n| bake | 45 min |\n'
    await using model = await openModelServer(() => answer)
    await using house = openHouse({ modelUrl: model.url })
    const gateway = await house.gateway()
    const pane = house.pane(['attach'], size)
    await pane.until(/· Alice/)
    pane.type('How do I bake bread?')
    pane.press('Enter')
    await pane.until(/bake +│ 45 min[\s\S]*% context · \$/)
    add('Markdown', pane)
    gateway.kill('SIGKILL')
    await pane.until(/gateway away/)
    add('The gateway is gone, and is waited for', pane)
    await house.gateway()
    writeFileSync(house.config, readFileSync(house.config, 'utf8').replace('model =', 'modle ='))
    await until('the file is read', async () => (await house.coop(['status'])).code === 1)
    const { stdout } = await house.coop(['status'])
    found.push(['`coop status` begins with what is wrong', stdout.replaceAll(house.dir, '~/.coop').trim()])
  }
  return found
}

const fence = '````'
const body = (await screens()).map(([title, text]) => `## ${title}\n\n${fence}text\n${text}\n${fence}\n`)
writeFileSync(
  fileURLToPath(new URL('../../docs/screens.md', import.meta.url)),
  `# Screens\n\nCaptured from the real program by \`npm run screens\`.\n\n${body.join('\n')}`,
)
