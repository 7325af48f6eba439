// The first promise, as a property: whatever happens in whatever order, nothing is seen below its compartments.
import { test } from 'node:test'
import fc from 'fast-check'
import type { ModelRequest } from '../../src/agent/model.ts'
import type { Block } from '../../src/store/entry.ts'
import { tools } from '../../src/tools/tools.ts'
import { fakeChannel, fakeModel, type House, messageFrom, openHouse, textOf } from './house.ts'
import {
  actsIn,
  type Circle,
  isAtLeast,
  type Level,
  levels,
  membershipOf,
  openDirect,
  openInCircle,
  tomlOf,
  type World,
} from './world.ts'

const names = ['alice', 'bob', 'carol'] as const
const stranger = 'mallory'

const level = fc.constantFrom(...levels)
const caps = fc.record({ tele: level, disc: level, terminal: level }, { requiredKeys: [] })
const person = fc.record({
  level: fc.constantFrom<Level>('full', 'full', 'inner', 'familiar', 'public'),
  cap: caps,
})
const who = fc.nat(names.length)
const circle = fc.record({
  ceiling: level,
  stranger: fc.constantFrom<Level>('public', 'public', 'familiar', 'inner'),
  declared: fc.subarray([...names]),
  strangers: fc.boolean(),
})

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('direct' as const),
      who,
      on: fc.constantFrom('tele' as const, 'disc' as const),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('group' as const),
      who,
      circle: fc.nat(1),
      addressed: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('command' as const),
      who,
      circle: fc.option(fc.nat(1)),
      text: fc.constantFrom(
        '/status',
        '/whoami',
        '/sessions',
        '/undo',
        '/retry',
        '/new',
        '/approve',
        '/verbose',
      ),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('join' as const), who, circle: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), who, circle: fc.nat(1) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('trust' as const),
      who: fc.nat(names.length - 1),
      level,
      cap: caps,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('forget' as const),
      who: fc.constantFrom(1, 2),
      known: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('rules' as const),
      circle: fc.nat(1),
      ceiling: level,
      stranger: level,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('settle' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('tick' as const), times: fc.integer({ min: 1, max: 6 }) }),
  },
)

const scenario = fc.record({
  people: fc.tuple(person, person, person),
  circles: fc.tuple(circle, circle),
  unknown: fc.constantFrom('pair' as const, 'ignore' as const, 'public' as const),
  steps: fc.array(step, { minLength: 4, maxLength: 24 }),
  moods: fc.array(fc.nat(9), { minLength: 1, maxLength: 12 }),
})

type Scenario = typeof scenario extends fc.Arbitrary<infer S> ? S : never

test('no request, reply or live event holds a canary that its readers do not all open, and nothing acts above its speaker', async () => {
  await fc.assert(fc.asyncProperty(scenario, play), { numRuns: runs, interruptAfterTimeLimit: 25_000 })
})

const runs = 50

interface Said {
  readonly who: string
  readonly channel: string
  readonly circle: Circle | undefined
  /** Members of the group at each moment since it was said. */
  readonly readers: ReadonlySet<string>[]
  /** The most that its speaker could do at any moment since. */
  acts: Set<Level>
}

async function play({ people, circles, unknown, steps, moods }: Scenario): Promise<void> {
  const world: World = {
    people: names.map((id, index) => ({ id, ...people[index]!, known: true })),
    circles: circles.map((one, index) => ({
      id: `g${index}`,
      channel: index === 0 ? 'tele' : 'disc',
      ceiling: one.ceiling,
      stranger: one.stranger,
      declared: one.declared,
      members: new Set([...one.declared, ...(one.strangers ? [stranger] : [])]),
    })),
    unknown,
  }
  const problems: string[] = []
  const said: Said[] = []
  const needs = new Map<string, readonly string[]>([
    ['canary-social-', ['social']],
    ['canary-shared-', ['shared']],
    ['canary-private-', ['private']],
    ...names.map(id => [`canary-own-${id}-`, [`personal:${id}`]] as const),
  ])
  const channels = { tele: fakeChannel('tele', { limit: 300 }), disc: fakeChannel('disc') }
  const tell = () => {
    for (const one of world.circles) channels[one.channel].membership.set(one.id, membershipOf(one))
    for (const one of said) {
      if (one.circle) one.readers.push(new Set(one.circle.members))
      one.acts.add(actsIn(world, one.who, one.channel, one.circle))
    }
  }

  let turn = 0
  const mood = () => moods[turn++ % moods.length]!
  const model = fakeModel(async request => {
    const seen = canariesIn(textOf(request)).join(' ')
    const pick = mood()
    for (let ticks = pick % 4; ticks > 0; ticks--) await new Promise(setImmediate)
    if (pick === 7)
      return [call('todo', { items: [{ text: `remember ${seen}`.slice(0, 480), done: false }] })]
    if (pick === 8) return [call('todo', {})]
    if (pick === 9) return [call('message', { to: 'bob', text: `told ${seen}` })]
    return `I saw ${seen}`
  }, checkRequest)
  const call = (name: string, input: unknown): Block => ({ type: 'tool_call', id: `c${turn}`, name, input })

  await using house = openHouse({
    toml: tomlOf(world),
    channels: Object.values(channels),
    model,
    files: {
      'social.md': 'canary-social-',
      'shared.md': 'canary-shared-',
      'private.md': 'canary-private-',
      ...Object.fromEntries(names.map(id => [`users/${id}/own.md`, `canary-own-${id}-`])),
    },
  })

  const leastSaid = (canary: string) =>
    house.store.db
      .prepare<[string], { labels: string }>(
        "SELECT labels FROM entry WHERE role IN ('user', 'heard') AND body LIKE ? ORDER BY length(labels) LIMIT 1",
      )
      .get(`%${canary}%`)
  /** What a canary needs: of a file what the configuration says, of a message also what was open when it was stored, the last time if its turn began again lower. */
  const labelsOf = (canary: string): readonly string[] => {
    const stored = /\d/.test(canary) ? leastSaid(canary) : undefined
    return [...(needs.get(canary) ?? []), ...(stored ? (JSON.parse(stored.labels) as string[]) : [])]
  }
  const check = (text: string, open: ReadonlySet<string>, where: string) => {
    for (const canary of canariesIn(text)) {
      const missing = labelsOf(canary).filter(label => !open.has(label))
      if (missing.length > 0) problems.push(`${where} holds ${canary} without ${missing.join(', ')}`)
    }
  }
  function checkRequest(request: ModelRequest): void {
    const marker = [...JSON.stringify(request.messages).matchAll(/msg-(\d+)-/g)].at(-1)
    const message = marker && said[Number(marker[1])]
    if (!message) return void problems.push('a request answers no message')
    const text = textOf(request)
    const opens = message.circle
      ? message.readers.map(members => openInCircle(world, message.circle!, members))
      : [openDirect(world, message.who, message.channel)]
    const best = opens.find(open =>
      canariesIn(text).every(one => labelsOf(one).every(label => open.has(label))),
    )
    if (!best) check(text, opens.at(-1)!, `the request for msg-${marker[1]} by ${message.who}`)
    for (const spec of request.tools) {
      const tool = tools.find(one => one.name === spec.name)!
      if (![...message.acts].some(acts => isAtLeast(acts, tool.level)))
        problems.push(`${spec.name} was offered to ${message.who}`)
    }
  }
  for (const channel of Object.values(channels)) {
    channel.answer = ({ place, text }) => {
      const group = world.circles.find(one => one.id === place.id)
      const open = group
        ? openInCircle(world, group, group.members)
        : openDirect(world, place.id.slice(2), place.channel)
      check(text, open, `what was sent to ${place.channel}:${place.id}`)
      if (text.includes('Coop 9.9.9') && !open.has('private')) problems.push(`${place.id} read the status`)
      return { kind: 'sent' }
    }
  }
  const watch = () => {
    const { control } = house.gateway
    for (const id of names) {
      for (const session of [undefined, ...world.circles.map(one => `${one.channel}:group:${one.id}`)]) {
        try {
          const { principal } = control.admit({ user: id })
          control.attach(principal, session === undefined ? { after: 0 } : { session, after: 0 }, event =>
            check(JSON.stringify(event), openDirect(world, id, 'terminal'), `what ${id} watched`),
          )
        } catch {
          // Not theirs to watch.
        }
      }
    }
  }
  const speak = (name: string, channel: 'tele' | 'disc', text: string, group?: Circle, addressed = true) => {
    said.push({
      who: name,
      channel,
      circle: group,
      readers: group ? [new Set(group.members)] : [],
      acts: new Set([actsIn(world, name, channel, group)]),
    })
    channels[channel].push(
      messageFrom(channel, `${channel[0]}-${name}`, text, group ? { group: group.id, addressed } : {}),
    )
  }

  tell()
  watch()
  for (const one of steps) {
    const name = 'who' in one ? ([...names, stranger][one.who] ?? stranger) : stranger
    const group = 'circle' in one && one.circle !== null ? world.circles[one.circle] : undefined
    switch (one.do) {
      case 'direct':
        needs.set(`canary-${said.length}-`, [`direct:${name}`])
        speak(name, one.on, `msg-${said.length}- canary-${said.length}-`)
        break
      case 'group':
        enter(group!, name)
        speak(name, group!.channel, `msg-${said.length}- canary-${said.length}-`, group, one.addressed)
        break
      case 'command':
        if (group) enter(group, name)
        // In a group it would be somebody else's words that are tried again.
        speak(
          name,
          group?.channel ?? 'tele',
          `${group && one.text === '/retry' ? '/undo' : one.text} msg-${said.length}-`,
          group,
        )
        break
      case 'join':
        enter(group!, name)
        break
      case 'leave':
        if (group!.channel === 'disc') group!.members.delete(name)
        tell()
        break
      case 'trust':
        Object.assign(world.people[one.who]!, { level: one.level, cap: one.cap })
        reload(house)
        break
      case 'forget':
        world.people[one.who]!.known = one.known
        reload(house)
        break
      case 'rules':
        Object.assign(group!, { ceiling: one.ceiling, stranger: one.stranger })
        reload(house)
        break
      case 'restart':
        await house.restart()
        watch()
        break
      case 'settle':
        await house.settled()
        break
      case 'tick':
        for (let times = one.times; times > 0; times--) await new Promise(setImmediate)
        break
      default:
        one satisfies never
    }
  }
  await house.settled()
  checkTools()
  if (problems.length > 0) throw new Error(problems.join('\n'))

  function enter(group: Circle, name: string): void {
    group.members.add(name)
    tell()
  }
  function reload(open: House): void {
    open.reload(tomlOf(world))
    tell()
  }
  /** Every tool result that is no refusal came from a turn whose speaker could act at the tool’s level. */
  function checkTools(): void {
    const rows = house.store.db
      .prepare<[], { body: string; acts: string }>(
        "SELECT entry.body, grant_json ->> '$.acts' AS acts FROM entry JOIN turn ON turn.id = entry.turn WHERE role = 'tool' AND entry.state = 'done'",
      )
      .all()
    for (const { body, acts } of rows) {
      const [block] = JSON.parse(body) as Block[]
      if (block?.type !== 'tool_result' || block.isError) continue
      const tool = tools.find(one => one.name === block.name)!
      if (!isAtLeast(acts as Level, tool.level)) problems.push(`${tool.name} ran at ${acts}`)
    }
  }
}

const canariesIn = (text: string): string[] => [...new Set(text.match(/canary-(?:own-)?\w+-/g) ?? [])]
