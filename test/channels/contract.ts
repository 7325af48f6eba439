// What every channel promises to the gateway, as one suite that each runs against its platform on loopback.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Channel, Outbound, Place, SendResult } from '../../src/channel.ts'
import { until } from '../support/until.ts'
import { listen } from './listener.ts'

/** What goes wrong with the platform's next answer to a send. */
export type SendFault =
  | 'lost request'
  | 'lost answer'
  | 'late answer'
  | 'unavailable'
  | 'limited'
  | 'forbidden'

export interface Rig extends AsyncDisposable {
  /** A channel on the platform; called again, it is the same bot after a restart. */
  channel(): Promise<Channel>
  /** Alice's direct place. */
  readonly place: Place
  /** Alice writes to the agent. Resolves when the platform has it. */
  write(text: string): Promise<void>
  /** What stands in Alice's direct chat from the agent; absent where messages arrive by being stored. */
  shown?(): readonly string[]
  fault?(kind: SendFault): void
  /** Breaks the connection over which messages arrive. */
  interrupt?(): void
  /** From now on the platform knows no such bot. */
  revoke?(): void
}

const never = (): AbortSignal => new AbortController().signal

/** Runs the suite. `open` makes a fresh platform. */
export function channelContract(name: string, open: () => Promise<Rig>): void {
  const promise = (title: string, body: (rig: Rig) => Promise<void>, needs?: (rig: Rig) => unknown) =>
    test(`${name}: ${title}`, async context => {
      await using rig = await open()
      if (needs && !needs(rig)) return context.skip('the platform has no such thing')
      await body(rig)
    })

  promise('a direct message arrives with its sender, place, words and time', async rig => {
    await using channel = await rig.channel()
    await using listener = listen(channel)
    await ready(channel)
    const before = Date.now()
    await rig.write('good morning 👩‍👩‍👧')
    const [message] = await listener.take(1)
    assert.ok(message)
    assert.equal(message.text, 'good morning 👩‍👩‍👧')
    assert.equal(message.channel, channel.name)
    assert.equal(message.sender.channel, channel.name)
    assert.deepEqual(message.place, rig.place)
    assert.notEqual(message.externalId, '')
    assert.ok(message.at > before - 2_000 && message.at < Date.now() + 2_000)
  })

  promise('messages keep their order and each has its own external id', async rig => {
    await using channel = await rig.channel()
    await using listener = listen(channel)
    await ready(channel)
    const words = Array.from({ length: 30 }, (_, n) => `message ${n}`)
    for (const word of words) await rig.write(word)
    const taken = await listener.take(words.length)
    assert.deepEqual(
      taken.map(message => message.text),
      words,
    )
    assert.equal(new Set(taken.map(message => message.externalId)).size, words.length)
  })

  promise('a message that could not be stored comes again under the same external id', async rig => {
    await using channel = await rig.channel()
    await using listener = listen(channel, 1)
    await ready(channel)
    // A live client is told that its message was not stored, and sends it again.
    await rig.write('keep this').catch(() => rig.write('keep this'))
    const taken = await listener.take(1)
    assert.equal(taken[0]?.text, 'keep this')
  })

  promise(
    'what was stored does not come again after a restart, and what was written meanwhile does',
    async rig => {
      const seen = new Set<string>()
      {
        await using channel = await rig.channel()
        await using listener = listen(channel)
        await ready(channel)
        await rig.write('before')
        for (const message of await listener.take(1)) seen.add(message.externalId)
      }
      if (rig.shown) await rig.write('meanwhile')
      await using channel = await rig.channel()
      await using listener = listen(channel)
      await ready(channel)
      if (!rig.shown) await rig.write('meanwhile')
      await until('the new message', () => listener.stored.some(message => message.text === 'meanwhile'))
      const fresh = listener.stored.filter(message => !seen.has(message.externalId))
      assert.deepEqual(
        fresh.map(message => message.text),
        ['meanwhile'],
      )
    },
  )

  promise(
    'a broken connection is mended, and nothing written meanwhile is lost',
    async rig => {
      await using channel = await rig.channel()
      await using listener = listen(channel)
      await ready(channel)
      await rig.write('one')
      await listener.take(1)
      rig.interrupt!()
      await rig.write('two')
      await rig.write('three')
      await until('both', () => unique(listener.stored).length >= 3)
      assert.deepEqual(unique(listener.stored), ['one', 'two', 'three'])
    },
    rig => rig.interrupt,
  )

  promise('listening ends at once when it is told to, and a disposed channel is still', async rig => {
    const channel = await rig.channel()
    const listener = listen(channel)
    await ready(channel)
    await listener[Symbol.asyncDispose]()
    await channel[Symbol.asyncDispose]()
  })

  promise(
    'a bot that the platform does not know fails for good and says what to do',
    async rig => {
      rig.revoke!()
      await using channel = await rig.channel()
      await using listener = listen(channel)
      await listener.ended
      const state = channel.state()
      assert.equal(state.kind, 'failed')
      assert.match('error' in state ? state.error : '', /token/)
    },
    rig => rig.revoke,
  )

  promise(
    'a sent part arrives as it was written',
    async rig => {
      await using channel = await rig.channel()
      const result = await channel.send(part(rig, 'a', 'hello *there* 👋'), never())
      assert.equal(result.kind, 'sent')
      assert.ok('externalId' in result && result.externalId)
      assert.equal(rig.shown!().length, 1)
      assert.match(rig.shown!()[0]!, /hello .*there/)
    },
    rig => rig.shown,
  )

  promise(
    'a platform that is away, drops the connection or asks to wait makes a retry and never a throw',
    async rig => {
      await using channel = await rig.channel()
      for (const fault of ['lost request', 'unavailable', 'limited'] as const) {
        rig.fault!(fault)
        const result = await channel.send(part(rig, fault, 'hello'), never())
        assert.equal(result.kind, 'retry', fault)
        if (fault === 'limited') assert.ok((result as Extract<SendResult, { kind: 'retry' }>).afterMs! >= 50)
      }
      assert.deepEqual(rig.shown!(), [])
    },
    rig => rig.fault,
  )

  promise(
    'an answer that takes its time is waited for, and the send is not repeated',
    async rig => {
      await using channel = await rig.channel()
      rig.fault!('late answer')
      assert.equal((await channel.send(part(rig, 'a', 'hello'), never())).kind, 'sent')
      assert.equal(rig.shown!().length, 1)
    },
    rig => rig.fault,
  )

  promise(
    'a send that the platform forbids is refused with its reason',
    async rig => {
      await using channel = await rig.channel()
      rig.fault!('forbidden')
      const result = await channel.send(part(rig, 'a', 'hello'), never())
      assert.equal(result.kind, 'refused')
      assert.match((result as Extract<SendResult, { kind: 'refused' }>).reason, /\w{4}/)
    },
    rig => rig.fault,
  )

  promise(
    'a repeat of a send whose answer was lost arrives once where the platform knows the key',
    async rig => {
      await using channel = await rig.channel()
      rig.fault!('lost answer')
      assert.equal((await channel.send(part(rig, 'same', 'only once'), never())).kind, 'retry')
      assert.equal((await channel.send(part(rig, 'same', 'only once'), never())).kind, 'sent')
      assert.equal(rig.shown!().length, channel.capabilities.exactlyOnce ? 1 : 2)
    },
    rig => rig.fault,
  )

  promise(
    'the longest text that a channel takes is taken',
    async rig => {
      await using channel = await rig.channel()
      const text = 'x'.repeat(channel.capabilities.maxTextLength)
      assert.equal((await channel.send(part(rig, 'long', text), never())).kind, 'sent')
      assert.equal(rig.shown!()[0], text)
    },
    rig => rig.shown,
  )

  promise(
    'a reply takes the place of its draft, once, however often it is sent',
    async rig => {
      await using channel = await rig.channel()
      if (!channel.draft) return
      const draft = { key: 'd', place: rig.place, text: 'half a sen …' }
      const first = await channel.draft(draft, never())
      assert.ok(first.kind === 'sent' && first.externalId)
      const { externalId } = first
      assert.equal(
        (await channel.draft({ ...draft, text: 'half a sentence …', externalId }, never())).kind,
        'sent',
      )
      const reply = { ...part(rig, 'r', 'A whole sentence.'), replaces: externalId }
      assert.equal((await channel.send(reply, never())).kind, 'sent')
      assert.equal((await channel.send(reply, never())).kind, 'sent')
      assert.deepEqual(rig.shown!(), ['A whole sentence.'])
    },
    rig => rig.shown,
  )

  promise(
    'a reply whose draft is gone is sent anew',
    async rig => {
      await using channel = await rig.channel()
      if (!channel.draft || !channel.withdraw) return
      const first = await channel.draft({ key: 'd', place: rig.place, text: 'half' }, never())
      assert.ok(first.kind === 'sent' && first.externalId)
      await channel.withdraw(rig.place, first.externalId, never())
      const reply = { ...part(rig, 'r', 'whole'), replaces: first.externalId }
      assert.equal((await channel.send(reply, never())).kind, 'sent')
      assert.deepEqual(rig.shown!(), ['whole'])
    },
    rig => rig.shown,
  )
}

/** Waits until a channel is connected. */
export const ready = (channel: Channel): Promise<unknown> =>
  until(`${channel.name} is connected`, () => channel.state().kind === 'connected')

const part = (rig: Rig, key: string, text: string): Outbound => ({ key, place: rig.place, text })

const unique = (messages: readonly { externalId: string; text: string }[]): string[] => [
  ...new Map(messages.map(message => [message.externalId, message.text])).values(),
]
