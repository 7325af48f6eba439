// Signal measured against a server on loopback: linking, round trips, a burst after downtime, memory.
import { spawnSync } from 'node:child_process'
import { direct, friend, link, open, openWorld, run, until } from '../channels/signal/world.ts'

export interface Row {
  readonly name: string
  readonly bar?: string
  readonly value: string
}

/** All rows. The mock server and the people run in this process too, so times are upper bounds. */
export async function rows(): Promise<Row[]> {
  return [await linking(), ...(await roundTrips()), await burst(500), memoryAdded()]
}

async function linking(): Promise<Row> {
  await using world = await openWorld()
  const started = performance.now()
  await link(world)
  return {
    name: 'signal: link, from the scanned code to keys on the server',
    value: ms(performance.now() - started),
  }
}

async function roundTrips(): Promise<Row[]> {
  await using world = await openWorld()
  const device = await link(world)
  await using running = await run(world)
  const alice = await friend(world, 'Alice', device)
  const heard: number[] = []
  const sent: number[] = []
  for (let at = 0; at < 50; at += 1) {
    const envelope = await alice.encryptText(device, `message ${at}`, {})
    const arrived = performance.now()
    const acknowledged = world.server.send(device, envelope)
    await running.next()
    heard.push(performance.now() - arrived)
    await acknowledged
    const written = performance.now()
    const outbound = { key: `reply ${at}`, place: direct(alice.device.aci), text: 'a reply' }
    const result = await running.channel.send(outbound, AbortSignal.timeout(10_000))
    if (result.kind !== 'sent') throw new Error(`the reply was not sent: ${result.reason}`)
    sent.push(performance.now() - written)
    await alice.waitForMessage()
  }
  return [
    { name: 'signal: envelope on the wire -> handed to the core, p50 / p95', value: spread(heard) },
    {
      name: 'signal: reply given -> taken by the server, p50 / p95',
      bar: '<= 5 / 15 ms',
      value: spread(sent),
    },
  ]
}

async function burst(size: number): Promise<Row> {
  await using world = await openWorld()
  const device = await link(world)
  const alice = await friend(world, 'Alice', device)
  for (let at = 0; at < size; at += 1) {
    void world.server.send(
      device,
      await alice.encryptText(device, `message ${at}`, { timestamp: 10_000 + at }),
    )
  }
  const started = performance.now()
  await using running = await open(world)
  await until(() => running.heard.length === size, 60_000)
  const took = performance.now() - started
  return {
    name: `signal: ${size} messages after downtime`,
    value: `${ms(took)}, ${Math.round((size / took) * 1000)}/s`,
  }
}

/** What loading the channel adds to a process, without a connection. */
function memoryAdded(): Row {
  const measure = (script: string) => {
    const program = `${script}; globalThis.gc(); console.log(process.memoryUsage().rss)`
    const { stdout } = spawnSync(process.execPath, ['--expose-gc', '--input-type=module', '-e', program], {
      cwd: new URL('../..', import.meta.url),
    })
    return Number(stdout)
  }
  const added =
    measure("await import('./channels/signal/adapter.ts')") -
    measure("await import('better-sqlite3'); await import('./src/errors.ts')")
  return {
    name: 'signal: memory added by loading the channel',
    value: `${Math.round(added / 1024 / 1024)} MB`,
  }
}

const ms = (time: number): string => `${time.toFixed(time < 10 ? 1 : 0)} ms`

function spread(times: number[]): string {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return `${ms(at(0.5))} / ${ms(at(0.95))}`
}
