// The journey of a message measured through the real gateway: start, memory, latency, throughput, tokens, install.
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { countTokens } from '../../src/agent/tokens.ts'
import { openStore } from '../../src/store/store.ts'
import { say, type WireRequest } from '../support/fake-anthropic.ts'
import type { Writer } from '../support/fake-telegram.ts'
import { openStage, type Stage, type StageOptions } from '../support/stage.ts'
import { until } from '../support/until.ts'
import { latency, quantile, type Row } from './row.ts'

const checkout = fileURLToPath(new URL('../..', import.meta.url))
const starts = 7
const messages = 150
const chats = 20
const each = 5
const turns = 20

export async function rows(): Promise<Row[]> {
  const stored = await bigHome()
  return [
    ...(await coldStart()),
    ...(await journey()),
    await throughput(),
    ...(await tokens()),
    ...install(),
    ...stored,
  ]
}

const writers: readonly Writer[] = Array.from({ length: chats }, (_, index) => ({
  id: 3000 + index,
  name: `Person${index}`,
}))
const userOf = ({ id, name }: Writer, trust = 'full') =>
  `[[users]]\nname = "${name}"\ntrust = "${trust}"\nmatch = ["telegram:${id}"]\n`

/** A fresh home as `coop init` makes it, its model answering at once. */
async function freshStage(options: StageOptions = {}): Promise<Stage> {
  const stage = await openStage({
    users: writers.map(writer => userOf(writer)).join(''),
    idle: true,
    ...options,
  })
  cpSync(join(checkout, 'workspaces', 'default'), join(stage.home.dir, 'workspaces', 'default'), {
    recursive: true,
  })
  stage.model.otherwise = () => say('Certainly. I have taken a note of that.')
  return stage
}

async function coldStart(): Promise<Row[]> {
  const ms: number[] = []
  for (let run = 0; run < starts; run++) {
    await using stage = await freshStage()
    const gateway = await stage.start()
    const poll = await until('the first poll', () =>
      stage.telegram.calls.find(call => call.method === 'getUpdates'),
    )
    // The first run fills the compile cache, which a stopped gateway leaves behind.
    if (run > 0) ms.push(poll.at - gateway.spawnedAt)
    await gateway.stop()
  }
  const median = quantile(ms, 0.5)
  return [
    {
      name: 'cold start to the first channel poll',
      bar: '<= 600 ms',
      value: `${median.toFixed(0)} ms`,
      pass: median <= 600,
    },
  ]
}

interface Trip {
  readonly accepted: number
  readonly sent: number
}

/** One message to its reply; times in milliseconds since 1970. */
async function trip(stage: Stage, writer: Writer, text: string): Promise<Trip> {
  const before = stage.telegram.sent(writer.id).length
  const accepted = performance.timeOrigin + performance.now()
  stage.telegram.write(writer, text)
  const { at } = await new Promise<{ at: number }>(resolve => {
    stage.telegram.onSent = sent => {
      if (stage.telegram.sent(writer.id).length > before) resolve(sent)
    }
  })
  return { accepted, sent: at }
}

async function journey(): Promise<Row[]> {
  await using stage = await freshStage()
  const gateway = await stage.start()
  await sleep(3_000)
  const idle = pss(gateway.pid)
  const trips: Trip[] = []
  for (let index = 0; index < messages; index++) {
    trips.push(
      await trip(
        stage,
        writers[index % 5]!,
        `message ${index}: something of an ordinary length, as people write it`,
      ),
    )
    await sleep(5)
  }
  await sleep(1_000)
  const after = pss(gateway.pid)
  const requests = stage.model.requests.slice(0, messages)
  const warm = requests.slice(10)
  const toModel = warm.map((request, index) => request.at - trips[index + 10]!.accepted)
  const toChannel = warm.map((request, index) => trips[index + 10]!.sent - (request.endedAt ?? request.at))
  return [
    {
      name: `memory (PSS, process tree) idle / after ${messages} messages`,
      bar: '<= 120 / 160 MB',
      value: `${idle.toFixed(0)} / ${after.toFixed(0)} MB`,
      pass: idle <= 120 && after <= 160,
    },
    latency('message accepted -> model request', toModel, [5, 15]),
    latency('model’s last byte -> sent to the channel', toChannel, [5, 15]),
    {
      name: 'model calls a plain message',
      bar: '1',
      value: (stage.model.requests.length / messages).toFixed(2),
      pass: stage.model.requests.length <= messages,
    },
  ]
}

async function throughput(): Promise<Row> {
  await using stage = await freshStage()
  await stage.start()
  for (const writer of writers.slice(0, 3)) await trip(stage, writer, 'warm up')
  const left = new Map(writers.map(writer => [String(writer.id), each]))
  const begun = performance.now()
  await new Promise<void>(resolve => {
    let open = chats
    const write = (writer: Writer) => stage.telegram.write(writer, 'one of five messages of this chat')
    stage.telegram.onSent = ({ chat }) => {
      const count = left.get(chat)! - 1
      left.set(chat, count)
      const writer = writers.find(one => String(one.id) === chat)!
      if (count > 0) write(writer)
      else if (--open === 0) resolve()
    }
    writers.forEach(write)
  })
  const perSecond = (chats * each) / ((performance.now() - begun) / 1000)
  return {
    name: `${chats} chats x ${each} messages`,
    bar: '>= 200 messages/s',
    value: `${perSecond.toFixed(0)} messages/s`,
    pass: perSecond >= 200,
  }
}

async function tokens(): Promise<Row[]> {
  await using stage = await freshStage()
  await stage.start()
  for (let index = 0; index < turns; index++)
    await trip(
      stage,
      writers[0]!,
      `Question ${index}: what do you think of this, and what would you do about it in my place?`,
    )
  const requests = stage.model.requests.slice(0, turns)
  const first = sizeOf(requests[0]!.body)
  return [
    {
      name: 'first request, all tools, fresh home (estimated)',
      bar: '<= 4,500 tokens',
      value: `${first} tokens`,
      pass: first <= 4_500,
    },
  ]
}

const sizeOf = ({ system, tools, messages: said }: WireRequest): number =>
  countTokens(JSON.stringify(system)) +
  countTokens(JSON.stringify(tools ?? [])) +
  countTokens(JSON.stringify(said))

/** What `npm ci --omit=dev` would leave, taken from the tree that is installed here. */
function install(): Row[] {
  const listed = execFileSync('npm', ['ls', '--omit=dev', '--all', '--parseable'], {
    cwd: checkout,
    encoding: 'utf8',
  })
  const folders = [
    ...new Set(listed.split('\n').filter(path => path.includes('node_modules') && existsSync(path))),
  ]
  const bytes = folders.reduce((sum, folder) => sum + sizeOfPackage(folder), 0)
  const mb = bytes / 1e6
  return [
    {
      name: 'production install',
      bar: '<= 300 MB, 150 pkg',
      value: `${mb.toFixed(0)} MB, ${folders.length} packages`,
      pass: mb <= 300 && folders.length <= 150,
    },
  ]
}

/** Bytes of one package, the packages inside it not counted: they are listed themselves. */
function sizeOfPackage(folder: string): number {
  return Number(
    execFileSync('du', ['-sb', '--exclude=node_modules', folder], { encoding: 'utf8' }).split('\t')[0],
  )
}

/** The journey on a home of 1,000 people and a session of 10,000 entries, beside an empty one. */
async function bigHome(): Promise<Row[]> {
  const many = Array.from({ length: 1_000 }, (_, index) => ({ id: 10_000 + index, name: `Many${index}` }))
  const measure = async (users: readonly Writer[], entries: number): Promise<number> => {
    await using stage = await freshStage({ users: users.map(user => userOf(user, 'inner')).join('') })
    const writer = users[0]!
    if (entries > 0) {
      await (await stage.start()).stop()
      seed(stage, writer, entries)
    }
    await stage.start()
    for (let index = 0; index < 10; index++) await trip(stage, writer, `warm up ${index}`)
    await sleep(1_000)
    const ms: number[] = []
    for (let index = 0; index < 60; index++) {
      const { accepted, sent } = await trip(stage, writer, `message ${index} of an ordinary length`)
      ms.push(sent - accepted)
      await sleep(5)
    }
    return quantile(ms, 0.5)
  }
  const empty = await measure([writers[0]!], 0)
  const full = await measure(many, 10_000)
  const more = (100 * full) / empty - 100
  return [
    {
      name: 'a session of 10,000 entries, 1,000 people: message -> reply, p50',
      bar: 'within 20 % of empty',
      value: `${full.toFixed(1)} ms beside ${empty.toFixed(1)} ms (${more >= 0 ? '+' : ''}${more.toFixed(0)} %)`,
      pass: more <= 20,
    },
  ]
}

/** Fills a person's session as a long acquaintance leaves it. */
function seed(stage: Stage, writer: Writer, entries: number): void {
  using store = openStore(stage.home.database, join(checkout, 'migrations', 'coop'))
  const person = writer.name.toLowerCase()
  const session = store.sessions.ensure(
    { id: `direct:${person}`, kind: 'direct', person, title: writer.name },
    Date.now(),
  )
  const labels = ['social', 'shared', `personal:${person}`]
  store.db.transaction(() => {
    for (let index = 0; index < entries; index++) {
      const own = index % 2 === 0
      store.transcript.append(
        { session: session.id, epoch: session.epoch, turn: null, trace: 'seed' },
        {
          role: own ? 'user' : 'assistant',
          blocks: [{ type: 'text', text: `entry ${index} of an ordinary length, as people write it` }],
          author: own ? person : null,
          labels,
          origin: own ? 'inner' : 'agent',
        },
        Date.now(),
      )
    }
  })()
}

/** Megabytes of a process and everything it started. */
function pss(pid: number): number {
  const children = readdirSync('/proc').filter(name => /^\d+$/.test(name) && parentOf(name) === pid)
  const own = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]
  return Number(own) / 1_000 + children.reduce((sum, child) => sum + pss(Number(child)), 0)
}

function parentOf(pid: string): number | undefined {
  try {
    return Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1])
  } catch {
    return undefined
  }
}
