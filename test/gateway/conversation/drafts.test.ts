// A live draft: paced, sealed, silent about silence.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { clear } from '../../../src/access/clear.ts'
import type { Clearance } from '../../../src/access/clearance.ts'
import type { Household, Person } from '../../../src/access/household.ts'
import type { Channel, Draft, Place, SendResult } from '../../../src/channel.ts'
import { type LiveDraft, openDraft } from '../../../src/gateway/conversation/drafts.ts'
import { silentLog } from '../../../src/log.ts'
import { migrationsFolder } from '../../../src/package.ts'
import { openStore } from '../../../src/store/store.ts'
import { until } from '../../support/until.ts'

const place: Place = { channel: 'paper', kind: 'direct', id: '1' }
const bob: Person = { id: 'bob', name: 'Bob', level: 'inner', maxLevel: {}, matches: ['paper:1'] }
const household: Household = {
  revision: 1,
  people: new Map([['bob', bob]]),
  byMatch: new Map([['paper:1', 'bob']]),
  groups: new Map(),
  unknown: 'pair',
  publicDailyMessages: 0,
}
const cleared = (person: Person): Clearance =>
  clear({ kind: 'person', person }, place, { kind: 'list', ids: [] }, household)

interface Scene extends Disposable {
  readonly draft: LiveDraft
  readonly shown: Draft[]
  /** When each was, milliseconds since 1970. */
  readonly shownAt: number[]
  readonly withdrawn: string[]
  /** What the platform answers next. */
  readonly answers: SendResult[]
  now: Clearance
}

function open(verbose = false): Scene {
  const dir = mkdtempSync(join(tmpdir(), 'coop-draft-'))
  const store = openStore(join(dir, 'coop.db'), migrationsFolder('coop'))
  const shown: Draft[] = []
  const shownAt: number[] = []
  const withdrawn: string[] = []
  const answers: SendResult[] = []
  const channel: Channel = {
    name: 'paper',
    capabilities: {
      maxTextLength: 200,
      exactlyOnce: true,
      groups: false,
      local: false,
      drafts: { everyMs: 30, everyMsInGroups: 30 },
    },
    listen: async function* () {},
    send: async () => ({ kind: 'sent' }),
    async draft(draft) {
      shown.push(draft)
      shownAt.push(Date.now())
      return answers.shift() ?? { kind: 'sent', externalId: 'm1' }
    },
    async withdraw(_place, externalId) {
      withdrawn.push(externalId)
    },
    state: () => ({ kind: 'connected' }),
    [Symbol.asyncDispose]: async () => {},
  }
  const clearance = cleared(bob)
  let clock = 0
  const scene: Scene = {
    shown,
    shownAt,
    withdrawn,
    answers,
    now: clearance,
    draft: openDraft(
      { turn: 't1', trace: 'x', place, clearance, verbose },
      {
        settings: store.settings,
        channel: () => channel,
        reissue: async () => scene.now,
        idle: () => true,
        log: silentLog(),
        // The first second passes at once; after that it is the real pace.
        now: () => (clock++ === 0 ? Date.now() - 1_000 : Date.now()),
      },
    ),
    [Symbol.dispose]() {
      store[Symbol.dispose]()
      rmSync(dir, { recursive: true })
    },
  }
  return scene
}

const says = (delta: string) => ({ type: 'text', turn: 't1', delta }) as const

test('a draft is one message, edited with all that was said, and settles to its id', async () => {
  using scene = open()
  scene.draft.event(says('A sentence that is long enough to be shown'))
  await until('the first showing', () => scene.shown.length === 1)
  assert.equal(scene.shown[0]?.externalId, undefined)
  scene.draft.event(says(', and more.'))
  await until('the edit', () => scene.shown.length === 2)
  assert.equal(scene.shown[1]?.externalId, 'm1')
  assert.equal(scene.shown[1]?.text, 'A sentence that is long enough to be shown, and more. …')
  assert.equal(await scene.draft.settle(), 'm1')
  scene.draft.event(says(' Nothing after the end.'))
  await sleep(80)
  assert.equal(scene.shown.length, 2)
})

test('a draft shows nothing to readers who may no longer see what it is made from', async () => {
  using scene = open()
  scene.now = cleared({ ...bob, level: 'public' })
  scene.draft.event(says('What only an inner person may read, at length'))
  await sleep(120)
  assert.deepEqual(scene.shown, [])
  assert.equal(await scene.draft.settle(), undefined)
})

test('a draft never shows the word for silence, nor a quick beginning', async () => {
  using scene = open()
  for (const piece of ['NO', '_REP', 'LY']) scene.draft.event(says(piece))
  await sleep(100)
  assert.deepEqual(scene.shown, [])
})

test('a draft waits as long as the platform asks, and then shows the last state', async () => {
  using scene = open()
  scene.answers.push({ kind: 'retry', reason: 'slow down', afterMs: 200 })
  scene.draft.event(says('A sentence that is long enough to be shown'))
  await until('the first attempt', () => scene.shown.length === 1)
  scene.draft.event(says(', and the end'))
  await until('the second attempt', () => scene.shown.length === 2)
  const [first, second] = scene.shownAt
  assert.ok(second! - first! >= 190, `${second! - first!} ms`)
  assert.match(scene.shown[1]!.text, /and the end …$/)
})

test('a verbose draft names the tools as they run, and leaves whole what it had said when the turn waits', async () => {
  using scene = open(true)
  scene.draft.event({ type: 'message', turn: 't1', text: 'I will look it up.', at: 0, final: false })
  scene.draft.event({
    type: 'tool',
    turn: 't1',
    call: 'c',
    name: 'web_search',
    state: 'running',
    detail: 'cats',
  })
  await until('the showing', () => scene.shown.length === 1)
  assert.equal(scene.shown[0]?.text, 'I will look it up.\n\n▸ web_search cats …')
  await scene.draft.leave()
  assert.equal(scene.shown.at(-1)?.text, 'I will look it up.\n\n▸ web_search cats')
  assert.equal(await scene.draft.settle(), undefined)
})

test('a draft that must not stay is withdrawn', async () => {
  using scene = open()
  scene.draft.event(says('A sentence that is long enough to be shown'))
  await until('the showing', () => scene.shown.length === 1)
  await scene.draft.withdraw()
  assert.deepEqual(scene.withdrawn, ['m1'])
})
