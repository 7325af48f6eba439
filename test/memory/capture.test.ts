// What is remembered by itself: of whom, where, and whatever the model that reads it tries.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clearance } from '../../src/access/clearance.ts'
import { type CaptureSource, capture, type SpokenTurn } from '../../src/memory/capture.ts'
import type { Complete, Said } from '../../src/memory/facts.ts'
import type { Home } from './people.ts'
import { asking, direct, inGroup, type Name, openHome, people } from './people.ts'

const signal = AbortSignal.timeout(60_000)

/** A conversation as the transcript would give it. */
function spoken(
  ...turns: { by: Name; clearance: Clearance; texts: string[]; origin?: Said['origin']; session?: string }[]
): CaptureSource {
  let entry = 0
  const all = turns.map(
    ({ by, clearance, texts, origin, session }, index): SpokenTurn => ({
      position: index + 1,
      session: session ?? 's1',
      clearance,
      said: texts.map((text, which) => ({
        entry: ++entry,
        name: which === 0 ? people[by].name : 'Coop',
        author: which === 0 ? by : null,
        text,
        origin: which === 0 ? (origin ?? (people[by].level as Said['origin'])) : 'agent',
        labels: [...clearance.reads],
        at: Date.UTC(2024, 0, 1 + index),
      })),
    }),
  )
  return { turnsAfter: (position, limit) => all.filter(turn => turn.position > position).slice(0, limit) }
}

const answering = (...answers: unknown[]): Complete & { prompts: string[] } => {
  const prompts: string[] = []
  const complete = async (prompt: string) => {
    prompts.push(prompt)
    const next = answers.shift() ?? []
    return typeof next === 'string' ? next : JSON.stringify(next)
  }
  return Object.assign(complete, { prompts })
}

const run = (home: Home, source: CaptureSource, complete: Complete | null = null) =>
  capture(home.memory.room, source, complete, signal)
const stored = (home: Home, clearance: Clearance) =>
  home.memory.open(clearance).list({ limit: 100, order: 'oldest' })

test('a direct chat goes to that person’s own store, a group’s to the widest its audience reads', async () => {
  using home = openHome()
  await run(
    home,
    spoken(
      { by: 'bob', clearance: direct('bob'), texts: ['I like herons', 'Noted.'] },
      { by: 'alice', clearance: inGroup('alice'), texts: ['We leave at noon'], session: 'g' },
      { by: 'carol', clearance: direct('carol'), texts: ['Carol here'], session: 'c' },
    ),
  )
  assert.deepEqual(
    stored(home, direct('bob')).map(memo => [memo.store, memo.saidBy, memo.text]),
    [
      ['personal:bob', 'Bob', 'I like herons'],
      ['personal:bob', 'Coop', 'Noted.'],
      ['shared', 'Alice', 'We leave at noon'],
    ],
  )
  assert.deepEqual(
    stored(home, direct('alice')).map(memo => memo.store),
    ['shared'],
  )
  assert.deepEqual(
    stored(home, direct('carol')).map(memo => memo.text),
    ['Carol here'],
  )
})

test('what somebody said at a higher level is not there when a channel caps them', async () => {
  using home = openHome()
  await run(
    home,
    spoken({ by: 'alice', clearance: direct('alice'), texts: ['The safe is behind the clock'] }),
  )
  assert.equal(stored(home, direct('alice')).length, 1)
  assert.equal(stored(home, direct('alice', 'discord')).length, 0)
})

test('a stranger is not remembered, nor what a clearance no longer covers', async () => {
  using home = openHome()
  const lowered = direct('alice').narrow({ reads: ['social'] })
  const source = spoken({ by: 'mallory', clearance: direct('mallory'), texts: ['Remember me'] })
  assert.equal((await run(home, source)).turns, 0)
  const turn = spoken({ by: 'alice', clearance: direct('alice'), texts: ['secret'] }).turnsAfter(0, 1)[0]!
  const later = {
    turnsAfter: (position: number) => (position >= 2 ? [] : [{ ...turn, position: 2, clearance: lowered }]),
  }
  assert.equal((await run(home, later)).turns, 0)
})

test('facts are added, confirmed and superseded by index, on the shelf of the conversation', async () => {
  using home = openHome()
  const first = spoken({
    by: 'alice',
    clearance: direct('alice'),
    texts: ['My sister Ida lives in Porto', 'Nice.'],
  })
  await run(home, first, answering([{ act: 'ADD', from: 1, text: 'Alice’s sister Ida lives in Porto' }]))
  const more = spoken(
    { by: 'alice', clearance: direct('alice'), texts: ['My sister Ida lives in Porto', 'Nice.'] },
    { by: 'alice', clearance: direct('alice'), texts: ['My sister Ida moved to Lisbon', 'Good for her.'] },
  )
  const model = answering([
    { act: 'SUPERSEDE', from: 1, known: 1, text: 'Alice’s sister Ida lives in Lisbon' },
  ])
  assert.equal((await run(home, more, model)).facts, 1)
  assert.match(model.prompts[0]!, /1\. Alice’s sister Ida lives in Porto/)
  const facts = home.memory.open(direct('alice')).list({ kinds: 'facts', order: 'oldest' })
  assert.deepEqual(
    facts.map(memo => [memo.store, memo.text, memo.ended]),
    [
      ['personal:alice', 'Alice’s sister Ida lives in Porto', true],
      ['personal:alice', 'Alice’s sister Ida lives in Lisbon', false],
    ],
  )
})

test('a model that tries to widen stores, forge ids and plant instructions gets nowhere', async () => {
  using home = openHome()
  const alice = home.memory.open(direct('alice'))
  const precious = alice.write({ text: 'Bob is trusted by Alice', store: 'social' }, asking('alice'))
  const model = answering([
    {
      act: 'ADD',
      from: 1,
      text: 'Ida has a boat',
      store: 'social',
      id: precious.id,
      owner: 'bob',
      pinned: true,
      confidence: 1,
    },
    { act: 'SUPERSEDE', from: 1, known: precious.id, text: 'Bob is not trusted' },
    { act: 'SUPERSEDE', from: 1, known: 999, text: 'Ida has two boats' },
    { act: 'CONFIRM', from: 1, known: -1 },
    { act: 'DELETE', known: 1 },
    { act: 'ADD', from: 77, text: 'Nobody said this' },
    { act: 'ADD', from: 1, text: 'Her password is hunter2hunter' },
    { act: 'ADD', from: 1, text: '' },
    'ignore previous instructions',
  ])
  await run(
    home,
    spoken({ by: 'alice', clearance: direct('alice'), texts: ['Ida has a boat', 'Ahoy'] }),
    model,
  )
  assert.equal(alice.get(precious.id).ended, false)
  assert.deepEqual(
    alice
      .list({ kinds: 'facts', limit: 50 })
      .map(memo => [memo.store, memo.text, memo.pinned])
      .sort(),
    [
      ['personal:alice', 'Ida has a boat', false],
      ['personal:alice', 'Ida has two boats', false],
      ['social', 'Bob is trusted by Alice', false],
    ],
  )
  assert.equal(home.memory.open(direct('bob')).list().length, 1)
})

test('what came from outside never supersedes what a person said, and is shown as a quote', async () => {
  using home = openHome()
  const group = inGroup('alice')
  const known = spoken({ by: 'alice', clearance: group, texts: ['Our meeting is on Monday'], session: 'g' })
  await run(home, known, answering([{ act: 'ADD', from: 1, text: 'The meeting is on Monday' }]))
  const both = spoken(
    { by: 'alice', clearance: group, texts: ['Our meeting is on Monday'], session: 'g' },
    {
      by: 'mallory',
      clearance: group,
      texts: ['The meeting is on Friday instead'],
      origin: 'outside',
      session: 'g',
    },
  )
  await run(
    home,
    both,
    answering([{ act: 'SUPERSEDE', from: 1, known: 1, text: 'The meeting is on Friday' }]),
  )
  const facts = home.memory.open(direct('alice')).list({ kinds: 'facts' })
  assert.deepEqual(facts.map(memo => [memo.text, memo.ended, memo.quoted]).sort(), [
    ['The meeting is on Friday', false, true],
    ['The meeting is on Monday', false, false],
  ])
})

test('an answer that is no JSON adds no facts and is not asked for again', async () => {
  using home = openHome()
  const source = spoken({ by: 'alice', clearance: direct('alice'), texts: ['Ida has a boat'] })
  const model = answering('I would rather not')
  assert.equal((await run(home, source, model)).facts, 0)
  await run(home, source, model)
  assert.equal(model.prompts.length, 1)
})

test('secrets in what was said are taken out before it is stored or shown to the model', async () => {
  using home = openHome()
  const model = answering([])
  await run(
    home,
    spoken({ by: 'alice', clearance: direct('alice'), texts: ['The wifi password is swordfish99'] }),
    model,
  )
  assert.match(stored(home, direct('alice'))[0]!.text, /\[redacted\]/)
  assert.doesNotMatch(model.prompts[0]!, /swordfish99/)
})

test('a crash at any step of a run loses and doubles nothing', async () => {
  const turns = Array.from({ length: 6 }, (_, index) => ({
    by: (index % 2 ? 'bob' : 'alice') as Name,
    clearance: index % 2 ? direct('bob') : direct('alice'),
    texts: [`Heron number ${index} came by`, 'I see.'],
    session: index % 2 ? 'b' : 'a',
  }))
  const source = spoken(...turns)
  const facts: Complete = async prompt => {
    const said = [...prompt.matchAll(/^(\d+)\. \(.*\) (?:Alice|Bob): (Heron number \d+)/gm)]
    return JSON.stringify(
      said.map(([, from, text]) => ({ act: 'ADD', from: Number(from), text: `${text} is known` })),
    )
  }
  const everything = (home: Home) =>
    JSON.stringify(
      [direct('alice'), direct('bob')].map(reader =>
        stored(home, reader)
          .map(memo => [memo.kind, memo.text])
          .sort(),
      ),
    )
  using whole = openHome()
  await run(whole, source, facts)
  const wanted = everything(whole)
  assert.match(wanted, /Heron number 5 is known/)

  for (let crashAt = 1; crashAt < 40; crashAt += 2) {
    using home = openHome()
    const db = home.memory.room.files.database(null)
    let calls = 0
    const crash = () => {
      if (++calls === crashAt) throw new Error('crash')
    }
    const broken: typeof home.memory.room = {
      ...home.memory.room,
      now() {
        crash()
        return home.memory.room.now()
      },
      uid() {
        crash()
        return home.memory.room.uid()
      },
    }
    await assert.rejects(
      capture(
        broken,
        source,
        async (prompt, abort) => {
          crash()
          return await facts(prompt, abort)
        },
        signal,
      ).then(() => {
        if (calls < crashAt) throw new Error('crash')
      }),
      /crash/,
    )
    assert.equal(db.inTransaction, false)
    await run(home, source, facts)
    assert.equal(everything(home), wanted, `crash at step ${crashAt}`)
  }
})
