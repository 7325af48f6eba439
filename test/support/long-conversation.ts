// A conversation of any length with promises planted in it, undone, begun anew and killed on the way, through a real gateway.
import { setTimeout as sleep } from 'node:timers/promises'
import { countTokens } from '../../src/agent/tokens.ts'
import type { Block } from '../../src/store/entry.ts'
import { type FakeModel, fakeChannel, fakeModel, messageFrom, openHouse, textOf } from '../trust/house.ts'

export interface LongConversation {
  /** Tokens of the largest request. */
  readonly largest: number
  /** How many summaries were stored, and how often the person was told. */
  readonly summaries: number
  readonly told: number
  /** Promises that were made and not taken back, and those that were. */
  readonly planted: number
  readonly undone: number
  /** Those that neither the last request nor a search finds any more. */
  readonly lost: readonly string[]
  /** Those that were taken back, and yet stand in the last request. */
  readonly haunting: readonly string[]
  /** Messages that were said and not taken back, and those that the transcript holds. */
  readonly said: number
  readonly kept: number
  readonly restarts: number
}

const promises = /PROMISE-\d+: bring the ladder back to number \d+/g
const found = (text: string): string[] => text.match(promises) ?? []
/** Searches in a row that find nothing new, each followed by a pause, before what is missing counts as lost. */
const mostIdle = 20
/** How many times in the conversation each of these happens. */
const times = { undo: 20, undoPromise: 5, restart: 8 }

/**
 * Every tenth message is a promise; the others are `words` of chatter. Some of both are taken back; the
 * gateway is ended in the middle of answers; half way the conversation begins anew.
 */
export async function talkFor(turns: number, words: number): Promise<LongConversation> {
  const chatter = 'river boat weather house '.repeat(words / 4)
  const planted = new Set<string>()
  const undone = new Set<string>()
  let said = 0
  let largest = 0
  let restarts = 0
  let last = ''
  let asked = () => {}
  let searches: readonly Block[] = []
  const results = new Set<string>()
  const say: FakeModel['say'] = request => {
    const text = textOf(request)
    model.requests.length = 0
    // What a good small model does: keeps the promises, drops the chatter.
    if (request.system.stable.startsWith('You sum up'))
      return `Promises:\n${[...new Set(found(text))].join('\n')}`
    // Other side work has no tools: there is nothing to remember.
    if (request.tools.length === 0) return '[]'
    largest = Math.max(largest, countTokens(text))
    asked()
    const answered = request.messages.at(-1)!.blocks.filter(block => block.type === 'tool_result')
    for (const { text: result } of answered) for (const promise of found(result)) results.add(promise)
    if (searches.length > 0 && answered.length === 0) return searches
    last = text
    return 'Good.'
  }
  const model = fakeModel(say)
  const tele = fakeChannel('tele')
  let wanted = /^/
  let replied = () => {}
  tele.answer = ({ text }) => {
    if (wanted.test(text)) replied()
    return { kind: 'sent' }
  }
  await using house = openHouse({
    toml: '\n[[users]]\nname = "Alice"\ntrust = "full"\nmatch = ["tele:alice"]\n',
    channels: [tele],
    model,
  })
  const ask = (text: string, reply = /^Good\.$/) =>
    new Promise<void>(resolve => {
      wanted = reply
      replied = resolve
      tele.push(messageFrom('tele', 'alice', text))
    })
  /** The gateway ends while the model answers, and another one goes on. */
  const askThroughRestart = async (text: string) => {
    restarts++
    let ended: Promise<void> | undefined
    asked = () => {
      asked = () => {}
      ended = house.restart()
    }
    await ask(text)
    await ended
  }
  const isTime = (turn: number, often: number, shift: number) =>
    (turn + shift) % Math.max(1, Math.floor(turns / often)) === 0

  const halfway = Math.floor(turns / 2) - 5
  let early: readonly string[] = []
  for (let turn = 1; turn <= turns; turn++) {
    const promise = `PROMISE-${turn}: bring the ladder back to number ${turn}`
    const isPromise = turn % 10 === 0
    const text = isPromise ? promise : `${turn}: ${chatter}`
    await (isTime(turn, times.restart, 1) ? askThroughRestart(text) : ask(text))
    said++
    if (isPromise) planted.add(promise)
    if (isTime(turn, isPromise ? times.undoPromise : times.undo, isPromise ? 0 : 3)) {
      await house.settled()
      await ask('/undo', /^Taken back/)
      said--
      if (planted.delete(promise)) undone.add(promise)
    }
    if (turn === halfway) {
      await house.settled()
      early = [...planted]
      await ask('/new', /fresh conversation/)
    }
  }
  await house.settled()
  await ask('What did I promise?')
  said++
  const known = new Set(found(last))
  // What was said before the conversation began anew is found by looking for it.
  const missing = () => early.filter(promise => !results.has(promise))
  for (let idle = 0; missing().length > 0 && idle < mostIdle; ) {
    searches = missing()
      .slice(0, 10)
      .map((promise, index) => ({
        type: 'tool_call',
        id: `search-${said}-${index}`,
        name: 'memory_search',
        input: { query: promise.replace(/:.*/, ''), limit: 3 },
      }))
    const before = missing().length
    await ask('And before that?')
    said++
    // Memory takes in what was said once nobody has said anything for a moment.
    idle = missing().length === before ? idle + 1 : 0
    if (idle > 0) await sleep(2_000)
  }
  await house.settled()
  const count = (where: string) =>
    house.store.db.prepare<[], { count: number }>(`SELECT count(*) AS count FROM entry WHERE ${where}`).get()!
      .count
  return {
    largest,
    summaries: count("role = 'summary'"),
    told: tele.sent.filter(sent => sent.text.startsWith('I have summed up')).length,
    planted: planted.size,
    undone: undone.size,
    lost: [...planted].filter(promise => !known.has(promise) && !results.has(promise)),
    haunting: [...undone].filter(promise => known.has(promise)),
    said,
    kept: count("role = 'user' AND undone = 0"),
    restarts,
  }
}
