// A conversation of any length with promises planted in it, through a real gateway with a scripted model.

import { countTokens } from '../../src/agent/tokens.ts'
import { type FakeModel, fakeChannel, fakeModel, messageFrom, openHouse, textOf } from '../trust/house.ts'

export interface LongConversation {
  /** Tokens of the largest request. */
  readonly largest: number
  /** How often something was summed up, and how often the person was told. */
  readonly summaries: number
  readonly told: number
  /** Planted promises that the last request does not hold. */
  readonly planted: number
  readonly lost: readonly string[]
  /** Messages of the person that the transcript still holds. */
  readonly kept: number
}

const promises = /PROMISE-\d+: bring the ladder back to number \d+/g

/** Every tenth message is a promise; the others are `words` of chatter. */
export async function talkFor(turns: number, words: number): Promise<LongConversation> {
  const chatter = 'river boat weather house '.repeat(words / 4)
  const planted: string[] = []
  let largest = 0
  let summaries = 0
  let last = ''
  const say: FakeModel['say'] = request => {
    const text = textOf(request)
    model.requests.length = 0
    if (!request.system.stable.startsWith('You sum up')) {
      largest = Math.max(largest, countTokens(text))
      last = text
      return 'Good.'
    }
    summaries++
    // What a good small model does: keeps the promises, drops the chatter.
    return `Promises:\n${[...new Set(text.match(promises))].join('\n')}`
  }
  const model = fakeModel(say)
  const tele = fakeChannel('tele')
  let replied = () => {}
  tele.answer = ({ text }) => {
    if (text === 'Good.') replied()
    return { kind: 'sent' }
  }
  await using house = openHouse({
    toml: '\n[[users]]\nname = "Alice"\ntrust = "full"\nmatch = ["tele:alice"]\n[memory.capture]\nenabled = false\n',
    channels: [tele],
    model,
  })
  const ask = (text: string) =>
    new Promise<void>(resolve => {
      replied = resolve
      tele.push(messageFrom('tele', 'alice', text))
    })
  for (let turn = 1; turn <= turns; turn++) {
    if (turn % 10 !== 0) await ask(`${turn}: ${chatter}`)
    else {
      planted.push(`PROMISE-${turn}: bring the ladder back to number ${turn}`)
      await ask(planted.at(-1)!)
    }
  }
  await house.settled()
  await ask('What did I promise?')
  await house.settled()
  const known = new Set(last.match(promises))
  const count = house.store.db.prepare<[], { count: number }>(
    "SELECT count(*) AS count FROM entry WHERE role = 'user' AND undone = 0",
  )
  return {
    largest,
    summaries,
    told: tele.sent.filter(sent => sent.text.startsWith('I have summed up')).length,
    planted: planted.length,
    lost: planted.filter(promise => !known.has(promise)),
    kept: count.get()!.count,
  }
}
