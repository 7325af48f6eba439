// What conversations cost: billed input over plain turns, tool turns and a day, for models with different caches.
import { readdirSync, readFileSync } from 'node:fs'
import type { ModelRequest } from '../../src/agent/model.ts'
import { bodyOf } from '../../src/agent/models/anthropic-request.ts'
import { factsOf } from '../../src/agent/models/catalogue.ts'
import type { Block } from '../../src/store/entry.ts'
import type { WireRequest } from '../support/fake-anthropic.ts'
import { fakeChannel, fakeModel, messageFrom, openHouse } from '../trust/house.ts'
import { type Billed, billed } from './billed.ts'
import type { Row } from './row.ts'

const minute = 60_000
const defaults = new URL('../../workspaces/default/', import.meta.url)
/** The files of a fresh home whose first conversation is over. */
const workspace = Object.fromEntries(
  readdirSync(defaults)
    .filter(name => name.endsWith('.md') && name !== 'BOOTSTRAP.md')
    .map(name => [name, readFileSync(new URL(name, defaults), 'utf8')]),
)
/** What the most used gateway sends before the conversation, in tokens: 10,000 to 14,000 were measured. */
const theirs = 12_000
const bar = 0.35

/** When each message comes, in minutes after the one before, and whether answering it takes a tool. */
interface Turn {
  readonly after: number
  readonly tool: boolean
}

const plain: readonly Turn[] = Array.from({ length: 20 }, () => ({ after: 1, tool: false }))
const tools: readonly Turn[] = plain.map(turn => ({ ...turn, tool: true }))
/** Single messages, a quick exchange in the morning, slow ones over the day, a long one in the evening. */
const day: readonly Turn[] = [
  ...[0, 1, 2, 1].map(after => ({ after, tool: after === 2 })),
  ...[95, 12, 20, 35, 15, 25, 10, 40].map(after => ({ after, tool: after < 15 })),
  ...[150, 1, 2, 1, 3, 1, 2, 4, 1, 2, 1, 1].map((after, index) => ({ after, tool: index % 4 === 1 })),
]

export async function rows(): Promise<Row[]> {
  const found: Row[] = []
  for (const [name, turns] of [
    ['20 plain turns', plain],
    ['20 tool turns', tools],
    ['a day of mixed use', day],
  ] as const)
    for (const model of ['claude-opus-4-6', 'claude-sonnet-4-6', 'claude-sonnet-4-5'])
      found.push(...(await measured(name, turns, model)))
  return found
}

/**
 * Held to the most used gateway, which was measured to ask its model twice a message. Beside it, without a bar: one
 * that would ask only once, and the same words behind no more than the smallest prefix that the model keeps.
 */
async function measured(name: string, turns: readonly Turn[], model: string): Promise<Row[]> {
  const requests = await played(turns, model)
  const { smallestPrefix } = factsOf(model)
  const billFor = (asked: readonly Billed[]) => billed(asked, smallestPrefix)
  const own = billFor(requests)
  const shareOf = (theirs: number) => `${own.paid} of ${theirs}, ${percent(own.paid / theirs)}`
  const twice = billFor(behind(requests, theirs, 2)).paid
  const once = billFor(behind(requests, theirs, 1)).paid
  const least = billFor(behind(requests, smallestPrefix, 1)).paid
  return [
    {
      name: `billed input, ${name}, ${model}`,
      bar: `<= ${percent(bar)}`,
      value: shareOf(twice),
      pass: own.paid <= bar * twice,
    },
    { name: '  beside one that asks once a message', value: shareOf(once) },
    {
      name: '  beside the smallest prefix that this model keeps',
      value: `${shareOf(least)}; that is ${percent(least / once)} of who asks once`,
    },
    {
      name: '  where it goes',
      value: Object.entries(own.of)
        .map(([kind, paid]) => `${kind} ${Math.round(paid)}`)
        .join(', '),
    },
  ]
}

const percent = (share: number): string => `${Math.round(share * 1_000) / 10} %`

/**
 * The same conversation behind a prefix of so many tokens, at its best: it never changes, every cache is served.
 * What was measured of the most used besides and is left out in its favour: text in the prefix that changes with
 * each message. A second call follows the last of a message, with the same prefix and history.
 */
function behind(requests: readonly Billed[], prefix: number, calls: number): Billed[] {
  const text = 'word '.repeat((prefix * 3.5) / 5)
  return requests.flatMap(({ body, at }, index) => {
    const messages = body.messages.map(message => ({ ...message, content: message.content.map(short) }))
    const system = [{ type: 'text', text, cache_control: { type: 'ephemeral' } }]
    const one = { body: { ...body, tools: [], system, messages }, at }
    const isLast = requests[index + 1]?.at !== at
    return isLast ? Array<Billed>(calls).fill(one) : [one]
  })
}

const short = <T extends object>(block: T): T =>
  'cache_control' in block ? { ...block, cache_control: { type: 'ephemeral' } } : block

const words =
  'That depends on what you want from it: if it is to last, take the heavier one, and if it is to travel, the lighter one. I would ask for both prices first, and for how long they take to deliver, since the season has begun and what is not ordered this week comes in spring.'

async function played(turns: readonly Turn[], name: string): Promise<Billed[]> {
  let now = Date.parse('2026-03-02T08:00:00Z')
  let calls = 0
  const requests: Billed[] = []
  let tool = false
  const answer = (request: ModelRequest): string | readonly Block[] => {
    requests.push({ body: JSON.parse(String(bodyOf(request))) as WireRequest, at: now })
    const last = request.messages.at(-1)!.blocks.some(block => block.type === 'tool_result')
    if (!tool || last) return words
    return [
      {
        type: 'tool_call',
        id: `c${++calls}`,
        name: 'todo',
        input: { items: [{ text: words.slice(0, 80) }] },
      },
    ]
  }
  const tele = fakeChannel('tele')
  await using house = openHouse({
    toml: `\n[[users]]\nname = "Alice"\ntrust = "full"\nmatch = ["tele:alice"]\nmodel = "fake/${name}"\n`,
    channels: [tele],
    model: fakeModel(answer),
    files: workspace,
    now: () => now,
  })
  for (const [index, turn] of turns.entries()) {
    now += turn.after * minute
    tool = turn.tool
    tele.push({
      ...messageFrom(
        'tele',
        'alice',
        `Question ${index}: what do you think of this, and what would you do about it in my place?`,
      ),
      at: now,
    })
    while (tele.sent.length <= index) await new Promise(setImmediate)
    await house.settled()
  }
  return requests
}
