// Two identities of one person: everything of the one is the other's afterwards, whenever the process dies.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { clear, viewOf } from '../../../src/access/clear.ts'
import type { Clearance } from '../../../src/access/clearance.ts'
import type { Household } from '../../../src/access/household.ts'
import { configFrom } from '../../../src/config/load.ts'
import { type Join, type Joins, openJoins } from '../../../src/gateway/people/joins.ts'
import { silentLog } from '../../../src/log.ts'
import { type Memory, openMemory } from '../../../src/memory/memory.ts'
import { isBuried } from '../../../src/memory/tombstone.ts'
import { migrationsFolder, packageFolder } from '../../../src/package.ts'
import { openStore, type Store } from '../../../src/store/store.ts'

const apart = `[agent]
id = "coop"
[[users]]
name = "Alice"
trust = "full"
[[users]]
name = "Bob"
trust = "inner"
match = ["tele:2"]
[[users]]
name = "Robert"
trust = "familiar"
match = ["sig:2"]
`
const together = apart
  .replace('"tele:2"', '"tele:2", "sig:2"')
  .replace(/\[\[users\]\]\nname = "Robert"[\s\S]*/, '')
const plan: Join = { from: 'robert', into: 'bob', matches: ['sig:2'], by: 'alice' }

interface Bench extends Disposable {
  readonly dir: string
  readonly store: Store
  readonly memory: Memory
  household: Household
  readonly told: string[]
  readonly joins: Joins
  readonly as: (person: string, channel: string) => Clearance
  /** Dies and begins again on the same files. */
  restart(): void
}

const householdOf = (toml: string) => configFrom(toml, '/nowhere/coop.toml', 1, {}).household

function openBench(): Bench {
  const dir = mkdtempSync(join(tmpdir(), 'coop-join-'))
  let store: Store
  let memory: Memory
  let joins: Joins
  const told: string[] = []
  const open = () => {
    store = openStore(join(dir, 'db', 'coop.db'), migrationsFolder('coop'))
    memory = openMemory({
      path: join(dir, 'db', 'memory.db'),
      migrations: join(packageFolder(), 'migrations'),
    })
    joins = openJoins({
      store,
      memory: () => memory.room,
      workspace: () => dir,
      household: () => bench.household,
      quietly: async work => work(),
      joined: () => {},
      tell: (_person, text) => void told.push(text),
      log: silentLog(),
    })
  }
  const close = () => {
    joins[Symbol.dispose]()
    memory[Symbol.dispose]()
    store[Symbol.dispose]()
  }
  const bench: Bench = {
    dir,
    get store() {
      return store
    },
    get memory() {
      return memory
    },
    get joins() {
      return joins
    },
    household: householdOf(apart),
    told,
    as(id, channel) {
      const person = bench.household.people.get(id)!
      const place = { channel, kind: 'direct', id: '2' } as const
      return clear({ kind: 'person', person }, place, { kind: 'list', ids: [] }, bench.household)
    },
    restart() {
      close()
      open()
    },
    [Symbol.dispose]() {
      close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
  open()
  return bench
}

/** A household in which both have said, kept, planned and spent something. */
function live({ store, memory, as, dir }: Bench): void {
  const asking = { name: 'Robert', origin: 'familiar', key: null } as const
  for (const [person, channel, words] of [
    ['bob', 'tele', 'the heron at the weir'],
    ['robert', 'sig', 'the otter at the bridge'],
  ] as const) {
    const clearance = as(person, channel)
    const session = store.sessions.ensure(
      { id: `direct:${person}`, kind: 'direct', person, title: 'a chat' },
      1,
    )
    const turn = `turn-${person}`
    store.turns.begin(
      { session: session.id, epoch: 0, turn, trace: 't' },
      clearance.grant(),
      [],
      [
        {
          role: 'user',
          blocks: [{ type: 'text', text: words }],
          author: person,
          labels: clearance.reads,
          origin: 'familiar',
        },
      ],
      2,
    )
    store.disclosures.record(
      { session: session.id, turn, audience: [person] },
      [{ kind: 'file', ref: 'USER.md', labels: clearance.reads }],
      3,
    )
    store.turns.fail(turn, 'over', 4)
    const cost = {
      input: 1,
      output: 1,
      cacheRead: 0,
      cacheWrite: 0,
      level: 'familiar',
      job: null,
      model: 'm',
      usd: 1,
    }
    store.turns.record(turn, { ...cost, person }, 5)
    store.jobs.add(
      {
        person,
        name: words,
        kind: 'reminder',
        text: words,
        cron: null,
        at: 10 ** 13,
        timezone: 'UTC',
        place: null,
        grant: clearance.grant(),
      },
      `call-${person}`,
      6,
    )
    store.settings.set(`person:${person}`, 'model', `offline/${person}`, 7)
    store.settings.set(`session:direct:${person}`, 'verbose', true, 8)
    const owner = viewOf(
      { ...householdOf(apart).people.get(person)!, level: 'inner' },
      channel,
      householdOf(apart),
    )
    memory.open(owner).write({ text: `${words} is mine`, store: 'personal' }, asking)
    mkdirSync(join(dir, 'users', person, 'personal'), { recursive: true })
    writeFileSync(join(dir, 'users', person, 'personal', 'note.txt'), words)
  }
  memory.open(as('bob', 'tele')).write({ text: 'the tide table', store: 'personal' }, asking)
}

const foundAs = async (bench: Bench, person: string, channel: string, words: string) =>
  (await bench.memory.open(bench.as(person, channel)).search(words, {})).map(memo => memo.text)

/** Every place in coop.db where an id still stands by itself, or as an owner. */
function tracesOf({ store }: Bench, id: string): string[] {
  const tables = store.db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all() as {
    name: string
  }[]
  return tables.flatMap(({ name }) => {
    const columns = store.db.pragma(`table_info(${name})`) as { name: string; type: string }[]
    return columns
      .filter(({ name: column, type }) => type === 'TEXT' && column !== 'body' && column !== 'text')
      .flatMap(({ name: column }) => {
        const found = store.db
          .prepare(
            `SELECT ${column} AS value FROM ${name} WHERE ${column} = ? OR instr(${column}, ?) OR instr(${column}, ?)`,
          )
          .all(id, `"${id}"`, `personal:${id}"`) as { value: string }[]
        return found.map(({ value }) => `${name}.${column}: ${value}`)
      })
  })
}

async function joined(bench: Bench): Promise<string[]> {
  {
    using _ = await bench.joins.plan(plan)
    bench.household = householdOf(together)
  }
  return bench.joins.carryOut()
}

test('a join carries memory, files, conversations, jobs, settings and spending, and leaves nothing behind', async () => {
  using bench = openBench()
  live(bench)
  const [said] = await joined(bench)
  assert.match(
    said ?? '',
    /robert is Bob’s now \(memories 1, conversations 1, jobs 1\); the files are in users\/bob\/personal\/from-robert/,
  )
  const { store, dir } = bench
  assert.deepEqual(tracesOf(bench, 'robert'), [])
  assert.deepEqual(await foundAs(bench, 'bob', 'sig', 'otter bridge'), ['the otter at the bridge is mine'])
  assert.equal(
    readFileSync(join(dir, 'users/bob/personal/from-robert/personal/note.txt'), 'utf8'),
    'the otter at the bridge',
  )
  assert.deepEqual(readdirSync(join(dir, 'users')), ['bob'])
  assert.deepEqual(
    readdirSync(join(dir, 'db', 'personal')).filter(name => name.startsWith('robert')),
    [],
  )
  assert.deepEqual(
    store.jobs.active().map(job => [job.person, job.grant.person, job.grant.reads.includes('personal:bob')]),
    [
      ['bob', 'bob', true],
      ['bob', 'bob', true],
    ],
  )
  assert.equal(store.settings.get('person:bob', 'model'), 'offline/bob')
  assert.equal(store.spending.ofPerson('bob', 0), 2)
  const view = store.transcript.view(bench.as('bob', 'tele'))
  const sessions = store.sessions.list(10).filter(session => session.person === 'bob')
  assert.deepEqual(sessions.map(session => session.id).sort(), ['direct:bob', 'direct:bob+robert'])
  for (const { id } of sessions) assert.equal(view.entries(id, 0, 0)[0]?.author, 'bob')
})

test('a conversation takes the other’s place when that one never had any', async () => {
  using bench = openBench()
  const { store } = bench
  store.sessions.ensure({ id: 'direct:robert', kind: 'direct', person: 'robert', title: 'Robert' }, 1)
  await joined(bench)
  assert.equal(store.sessions.get('direct:bob')?.person, 'bob')
  assert.equal(store.sessions.get('direct:robert'), undefined)
})

test('what was forgotten by the one is not learnt again by the other', async () => {
  using bench = openBench()
  const { memory, household } = bench
  const robert = viewOf({ ...household.people.get('robert')!, level: 'inner' }, 'sig', household)
  const asking = { name: 'Robert', origin: 'familiar', key: null } as const
  memory.open(robert).write({ text: 'my shoe size is 46', store: 'personal' }, asking)
  await memory.open(robert).forget({ query: 'shoe size' })
  await joined(bench)
  const shelf = bench.memory.room.files.shelf({ id: 'familiar', owner: 'bob' })
  assert.ok(isBuried(shelf, 'my shoe size is 46'))
  assert.ok(!isBuried(shelf, 'my hat size is 46'))
})

test('nothing is joined that the configuration in force does not say', async () => {
  for (const toml of [
    apart,
    // Robert is gone, and nobody has his identity.
    together.replace(', "sig:2"', ''),
    // Somebody else has it.
    together.replace(', "sig:2"', '').replace('trust = "full"', 'trust = "full"\nmatch = ["sig:2"]'),
  ]) {
    using bench = openBench()
    live(bench)
    {
      using _ = await bench.joins.plan(plan)
      bench.household = householdOf(toml)
    }
    assert.deepEqual(await bench.joins.carryOut(), [])
    assert.deepEqual(await foundAs(bench, 'bob', 'tele', 'otter bridge'), [])
    assert.ok(existsSync(join(bench.dir, 'users', 'robert')))
    bench.household = householdOf(together)
    assert.deepEqual(await bench.joins.carryOut(), [], 'a plan that was not true once is forgotten')
  }
})

test('a change that is still being watched joins nothing', async () => {
  using bench = openBench()
  live(bench)
  bench.store.generations.add(
    { who: 'alice', via: 'chat', why: '', diff: [], text: together, state: 'probation' },
    null,
    1,
  )
  await joined(bench)
  assert.deepEqual(await foundAs(bench, 'bob', 'tele', 'otter bridge'), [])
  bench.store.generations.settle(1, 'kept', null)
  await bench.joins.carryOut()
  assert.equal((await foundAs(bench, 'bob', 'tele', 'otter bridge')).length, 1)
})

test('a join waits for a turn of theirs that still runs, and is told when it is done', async () => {
  using bench = openBench()
  live(bench)
  const { store, as } = bench
  const turn = { session: 'direct:robert', epoch: 0, turn: 'running', trace: 't' }
  store.turns.begin(turn, as('robert', 'sig').grant(), [], [], 9)
  const [said] = await joined(bench)
  assert.match(said ?? '', /will join Bob’s/)
  assert.deepEqual(bench.told, [])
  store.turns.fail('running', 'revoked', 10)
  while (bench.told.length === 0) await new Promise(resolve => setTimeout(resolve, 5))
  assert.match(bench.told[0]!, /robert is Bob’s now/)
})

test('a join that dies between any two of its steps is finished by the next process, once', async () => {
  const steps = ['memory', 'files', 'rows', 'clear'] as const
  for (const dead of steps) {
    using bench = openBench()
    live(bench)
    {
      using _ = await bench.joins.plan(plan)
      bench.household = householdOf(together)
    }
    const die = () => {
      throw new Error(`died before ${dead}`)
    }
    const { store, memory } = bench
    if (dead === 'memory') memory.room.files.shelf = die
    if (dead === 'files') Object.defineProperty(memory.room, 'used', { get: die })
    if (dead === 'rows') Object.defineProperty(store, 'together', { value: die })
    if (dead === 'clear') memory.room.files.remove = die
    await bench.joins.carryOut()
    bench.restart()
    await bench.joins.carryOut()
    assert.deepEqual(tracesOf(bench, 'robert'), [], dead)
    assert.equal((await foundAs(bench, 'bob', 'sig', 'otter bridge')).length, 1, dead)
    assert.deepEqual(
      readdirSync(join(bench.dir, 'users', 'bob', 'personal')).sort(),
      ['from-robert', 'note.txt'],
      dead,
    )
    assert.deepEqual(
      readdirSync(join(bench.dir, 'db', 'personal')).filter(name => name.startsWith('robert')),
      [],
      dead,
    )
    assert.deepEqual(await bench.joins.carryOut(), [], dead)
  }
})

test('an id whose things are still being joined cannot be given to somebody new', async () => {
  using bench = openBench()
  live(bench)
  bench.store.turns.begin(
    { session: 'direct:robert', epoch: 0, turn: 'running', trace: 't' },
    bench.as('robert', 'sig').grant(),
    [],
    [],
    9,
  )
  await joined(bench)
  assert.match(bench.joins.refusal(householdOf(apart)) ?? '', /robert’s is still being joined to bob/)
  assert.equal(bench.joins.refusal(householdOf(together)), null)
})

test('the question says who will read what, in numbers alone', () => {
  using bench = openBench()
  live(bench)
  const { people } = bench.household
  const text = bench.joins.question(people.get('robert')!, people.get('bob')!)
  assert.match(text, /one person: Bob \(bob\), trusted as inner/)
  assert.match(
    text,
    /writes as sig:2 then reads what is personal to Bob: memories 2, files 1, conversations 1, jobs 1/,
  )
  assert.match(text, /personal to Robert joins it: memories 1, files 1, conversations 1, jobs 1/)
  assert.doesNotMatch(text, /heron|otter/)
})
