// kill -9 at every point where it could hurt: nothing is lost, nothing doubled.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Cut, Order } from './child.ts'
import { direct, friend, link, openWorld, type World } from './world.ts'

interface Child extends AsyncDisposable {
  order(order: Order): void
  /** The next line of the child that has `word`. */
  line(word: string): Promise<Record<string, unknown>>
  died(): Promise<void>
}

function start(world: World): Child {
  const orders = { home: world.home, settings: world.settings, heard: heardFile(world) }
  const path = fileURLToPath(new URL('./child.ts', import.meta.url))
  const child: ChildProcess = spawn(process.execPath, [path, JSON.stringify(orders)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines: Record<string, unknown>[] = []
  const waiting = new Set<() => void>()
  createInterface({ input: child.stdout! }).on('line', line => {
    lines.push(JSON.parse(line) as Record<string, unknown>)
    for (const wake of waiting) wake()
  })
  const gone = new Promise<void>(resolve => child.once('exit', () => resolve()))
  return {
    order: order => void child.stdin?.write(`${JSON.stringify(order)}\n`),
    async line(word) {
      for (;;) {
        const at = lines.findIndex(line => word in line)
        if (at >= 0) return lines.splice(at, 1)[0]!
        await new Promise<void>(resolve => {
          const wake = () => {
            waiting.delete(wake)
            resolve()
          }
          waiting.add(wake)
        })
      }
    },
    died: () => gone,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await gone
    },
  }
}

const heardFile = (world: World): string => join(world.home, 'heard.jsonl')

/** What the core would hold: every message once, by its name. */
function heardBy(world: World): string[] {
  if (!existsSync(heardFile(world))) return []
  const rows = readFileSync(heardFile(world), 'utf8').trim().split('\n')
  const byId = new Map(
    rows
      .map(row => JSON.parse(row) as { externalId: string; text: string })
      .map(row => [row.externalId, row.text]),
  )
  return [...byId.values()]
}

async function listening(world: World): Promise<Child> {
  const child = start(world)
  child.order({ do: 'listen' })
  await child.line('connected')
  return child
}

async function arm(child: Child, cut: Cut): Promise<void> {
  child.order({ do: 'arm', cut })
  await child.line('armed')
}

for (const cut of ['before-commit', 'after-commit'] as const) {
  test(`a message that meets kill -9 ${cut} is heard exactly once`, async () => {
    await using world = await openWorld()
    const device = await link(world)
    const alice = await friend(world, 'Alice', device)
    const envelope = await alice.encryptText(device, 'once', {})
    {
      await using child = await listening(world)
      await settled()
      await arm(child, cut)
      void world.server.send(device, envelope)
      await child.died()
    }
    await using child = await listening(world)
    // It was not acknowledged, so Signal sends it again; then another, to know that all came.
    await world.server.send(device, envelope)
    await world.server.send(device, await alice.encryptText(device, 'marker', {}))
    while (!heardBy(world).includes('marker')) await child.line('heard')
    assert.deepEqual(heardBy(world), ['once', 'marker'])
  })
}

for (const cut of ['before-put', 'after-put'] as const) {
  test(`a reply that meets kill -9 ${cut} arrives exactly once`, async () => {
    await using world = await openWorld()
    const device = await link(world)
    const alice = await friend(world, 'Alice', device)
    const outbound = { key: 'reply', place: direct(alice.device.aci), text: 'the answer' }
    {
      await using child = await listening(world)
      await settled()
      await arm(child, cut)
      child.order({ do: 'send', outbound })
      await child.died()
    }
    await using child = await listening(world)
    let result = ''
    while (result !== 'sent') {
      child.order({ do: 'send', outbound })
      result = String((await child.line('kind')).kind)
    }
    child.order({ do: 'send', outbound: { ...outbound, key: 'marker', text: 'marker' } })
    await child.line('kind')
    const first = await alice.waitForMessage()
    const second = await alice.waitForMessage()
    assert.deepEqual([first.body, second.body], ['the answer', 'marker'])
    assert.equal(alice.getMessageQueueSize(), 0)
  })
}

for (const cut of ['before-link', 'after-link'] as const) {
  test(`linking that meets kill -9 ${cut} leaves a home that can be linked`, async () => {
    await using world = await openWorld()
    {
      await using child = start(world)
      await arm(child, cut)
      const provision = world.server.waitForProvision()
      child.order({ do: 'link' })
      const { url } = await child.line('url')
      void (await provision)
        .complete({ provisionURL: String(url), primaryDevice: world.phone })
        .catch(() => undefined)
      await child.died()
    }
    const device = await link(world)
    const alice = await friend(world, 'Alice', device)
    await using child = await listening(world)
    void alice.sendText(device, 'hello', {})
    await child.line('heard')
    assert.deepEqual(heardBy(world), ['hello'])
  })
}

/** What follows a connect (keys, requests to the phone) is done by then, and does not meet the cut. */
const settled = () => new Promise(resolve => setTimeout(resolve, 500))
