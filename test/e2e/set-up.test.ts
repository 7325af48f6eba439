// docs/telegram.md and docs/discord.md followed word by word, from an empty home to an answer in a group.
import assert from 'node:assert/strict'
import { chmodSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { buttonOn, discordChat, interactOnDiscord, pressOnTelegram, telegramChat } from '../support/chats.ts'
import { type RunningGateway, runCoop, startGateway } from '../support/coop.ts'
import { openFakeAnthropic } from '../support/fake-anthropic.ts'
import { openFakeDiscord } from '../support/fake-discord.ts'
import { openFakeTelegram } from '../support/fake-telegram.ts'
import { makeTestHome, type TestHome } from '../support/home.ts'
import { until } from '../support/until.ts'

const pageOf = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../docs/${name}.md`, import.meta.url)), 'utf8')
/** What the page says to write into coop.toml, and into .env. */
const tomlIn = (page: string): string => /```toml\n([\s\S]*?)```/.exec(page)![1]!.replace(/^ {3}/gm, '')
const variableIn = (page: string): string => /`([A-Z_]+)=…`/.exec(page)![1]!
const codeIn = (text: string): string => /\b([A-Z2-9]{6})\b/.exec(text)![1]!

async function openModel() {
  const model = await openFakeAnthropic()
  const env = {
    ANTHROPIC_API_KEY: 'sk-ant-api03-loopback-key-of-a-test',
    ANTHROPIC_BASE_URL: model.url,
  }
  return { model, env }
}

/** The first steps of either page; the platform's address is all that is added. */
function write(home: TestHome, page: string, token: string, address: string): void {
  home.file('.env', `${variableIn(page)}=${token}\n`)
  chmodSync(join(home.dir, '.env'), 0o600)
  home.configure(`[agent]\nid = "coop"\n\n${tomlIn(page)}${address}`)
}

/** `coop users approve CODE --as YOU --trust full`, as the page has it. */
async function letIn(home: TestHome, page: string, code: string, name: string): Promise<void> {
  const [, command] = /`coop (users approve CODE --as YOU --trust full)`/.exec(page) ?? []
  assert.ok(command)
  const words = command.replace('CODE', code).replace('YOU', name).split(' ')
  assert.equal((await runCoop(home, words)).code, 0)
}

/** Adds lines to coop.toml and waits until they are in force. */
async function add(home: TestHome, gateway: RunningGateway, lines: string): Promise<void> {
  const changes = () => gateway.stderr().split('configuration in force').length
  const before = changes()
  home.configure(`${readFileSync(home.config, 'utf8')}\n${lines}`)
  await until('the lines in force', () => changes() > before)
}

const states = async (home: TestHome): Promise<string> => (await runCoop(home, ['channels'])).stdout

test('docs/telegram.md leads from an empty home to an answer, a second person and a group', async () => {
  const page = pageOf('telegram')
  const { model, env } = await openModel()
  await using telegram = await openFakeTelegram()
  await using _model = model
  using home = makeTestHome('', env)
  write(home, page, telegram.token, `api_root = "${telegram.url}"\n`)
  await using gateway = await startGateway(home)
  await until('it is connected', async () => /telegram {2}connected/.test(await states(home)))

  const alice = { id: 1001, name: 'Alice' }
  const bob = { id: 1002, name: 'Bob' }
  const alices = telegramChat(telegram, alice.id)
  telegram.write(alice, '/start')
  await letIn(home, page, codeIn((await alices.reply()).text), 'Alice')
  telegram.write(alice, 'hello')
  await alices.said(/^heard: hello$/)

  telegram.write(bob, 'hello')
  pressOnTelegram(telegram, alice, await alices.said(/^Bob wrote to me/), /^Let in, inner$/)
  await alices.said(/Bob is known now/)

  const den = telegramChat(telegram, -500)
  telegram.members.set(-500, [alice, bob])
  telegram.write(alice, 'anybody?', { chat: -500 })
  const told = await alices.said(/\[\[groups\]\]/)
  const [lines] = /\[\[groups\]\][\s\S]*/.exec(told.text)!
  await add(home, gateway, `${lines}\nmembers = ["Alice", "Bob"]\n`)
  telegram.write(bob, '@coop_bot and here?', {
    chat: -500,
    extra: { entities: [{ type: 'mention', offset: 0, length: 9 }] },
  })
  assert.match((await den.reply()).text, /and here\?/)
})

test('docs/discord.md leads from an empty home to an answer, a second person and a channel', async () => {
  const page = pageOf('discord')
  const { model, env } = await openModel()
  await using discord = await openFakeDiscord()
  await using _model = model
  const alice = { id: '1001', name: 'Alice' }
  const bob = { id: '1002', name: 'Bob' }
  discord.addGuild({
    id: '500',
    owner: alice.id,
    channels: [{ id: '501', name: 'kitchen' }],
    threads: [{ id: '502', name: 'shopping', parent: '501' }],
    members: [{ user: alice }, { user: bob }, { user: discord.self }],
  })
  using home = makeTestHome('', env)
  write(home, page, discord.token, `api_root = "${discord.url}"\ngateway_url = "${discord.gatewayUrl}"\n`)
  await using gateway = await startGateway(home)
  await until('it is connected', async () => /discord {2}connected/.test(await states(home)))

  const alices = discordChat(discord, discord.direct(alice.id))
  discord.write(alice, 'hello?')
  await letIn(home, page, codeIn((await alices.reply()).text), 'Alice')
  discord.write(alice, 'hello')
  await alices.said(/^heard: hello$/)

  discord.write(bob, 'hello')
  const asked = await alices.said(/^Bob wrote to me/)
  interactOnDiscord(discord, alice, { button: buttonOn(asked, /^Let in, inner$/) })
  await alices.said(/Bob is known now/)

  const mention = { mentions: [{ id: discord.self.id, username: 'coop' }] }
  const inside = (channel: string) => ({ channel, guild: '500', extra: mention })
  discord.write(alice, '<@900> anybody?', inside('501'))
  const told = await alices.said(/match = "discord:501"/)
  const [lines] = /\[\[groups\]\][\s\S]*/.exec(told.text)!
  await add(home, gateway, `${lines}\n`)
  const shopping = discordChat(discord, '502')
  discord.write(bob, '<@900> and here?', inside('502'))
  assert.match((await shopping.reply()).text, /and here\?/)
})

test('each page is ten steps', () => {
  for (const name of ['telegram', 'discord'])
    assert.deepEqual(
      pageOf(name)
        .match(/^\d+(?=\. )/gm)
        ?.map(Number),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    )
})
