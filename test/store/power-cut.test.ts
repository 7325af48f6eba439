// What the outside has seen is on the disk: an acknowledgement, a message, a call that changes something.
import assert from 'node:assert/strict'
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { migrationsFolder } from '../../src/package.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { fakeChannel, fakeModel, messageFrom, openHouse } from '../trust/house.ts'

const toml = '[[users]]\nname = "Alice"\ntrust = "full"\nmatch = ["tele:t-alice"]\n'

test('nothing is acknowledged, sent or done that a power cut could take back', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'coop-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  let copies = 0
  let onDisk = ''
  /** Keeps the files as they were when a flush began, which is what it brings to the disk. */
  const watch = (store: Store, path: string): Store => ({
    ...store,
    async durable() {
      const copy = join(folder, `${copies++}.db`)
      for (const end of ['', '-wal']) if (existsSync(path + end)) copyFileSync(path + end, copy + end)
      await store.durable()
      onDisk = copy
    },
  })
  const afterPowerCut = <T>(look: (store: Store) => T): T => {
    using store = openStore(onDisk, migrationsFolder('coop'))
    return look(store)
  }
  const channel = fakeChannel('tele')
  const seen: string[] = []
  const { listen } = channel
  channel.listen = async function* (signal) {
    for await (const batch of listen(signal)) {
      yield batch
      for (const { externalId } of batch) {
        assert.ok(afterPowerCut(store => store.inbox.find('tele', externalId)))
        seen.push('acknowledged')
      }
    }
  }
  channel.answer = outbound => {
    const state = afterPowerCut(
      store => store.outbox.open().find(row => row.outbound.key === outbound.key)?.state,
    )
    assert.equal(state, 'sending')
    seen.push(`sent ${outbound.text}`)
    return { kind: 'sent' }
  }
  const model = fakeModel(({ messages }) => {
    const last = messages.at(-1)!.blocks
    if (last.some(block => block.type === 'tool_result')) return 'Kept.'
    return [
      {
        type: 'tool_call',
        id: 'call-1',
        name: 'memory_write',
        input: { action: 'add', text: 'Alice likes figs' },
      },
    ]
  })
  await using house = openHouse({ toml, channels: [channel], model, watch })
  const failures: unknown[] = []
  process.on('unhandledRejection', error => failures.push(error))
  channel.push(messageFrom('tele', 't-alice', 'I like figs, keep that in mind'))
  await house.settled()
  assert.deepEqual(failures, [])
  assert.deepEqual(seen.toSorted(), ['acknowledged', 'sent Kept.'])
  const planned = afterPowerCut(store =>
    store.db.prepare("SELECT count(*) FROM entry WHERE call_id = 'call-1'").pluck().get(),
  )
  assert.equal(planned, 1)
})

test('a disk that refuses to keep a message keeps it from being acknowledged', async () => {
  const channel = fakeChannel('tele')
  let refusing = true
  let acknowledged = 0
  const { listen } = channel
  channel.listen = async function* (signal) {
    for await (const batch of listen(signal)) {
      // A platform gives what was not acknowledged again.
      let done = false
      try {
        yield batch
        done = true
        acknowledged += batch.length
      } finally {
        if (!done) channel.push(...batch)
      }
    }
  }
  await using house = openHouse({
    toml,
    channels: [channel],
    model: fakeModel(() => 'Hello.'),
    watch: store => ({
      ...store,
      async durable() {
        if (refusing) throw Object.assign(new Error('the disk is full'), { code: 'ENOSPC' })
        await store.durable()
      },
    }),
  })
  channel.push(messageFrom('tele', 't-alice', 'hello'))
  await new Promise(resolve => setTimeout(resolve, 50))
  assert.equal(acknowledged, 0)
  assert.equal(channel.sent.length, 0)
  refusing = false
  const end = Date.now() + 15_000
  while ((acknowledged === 0 || channel.sent.length === 0) && Date.now() < end)
    await new Promise(resolve => setTimeout(resolve, 20))
  assert.equal(acknowledged, 1)
  await house.settled()
  assert.deepEqual(
    channel.sent.map(outbound => outbound.text),
    ['Hello.'],
  )
})
