// The terminal client measured: echo of a key, a long history on attach, the processor, and `coop status`.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { migrationsFolder } from '../../src/package.ts'
import { openStore } from '../../src/store/store.ts'
import { type House, openHouse } from '../terminal/house.ts'
import { openModelServer } from '../terminal/model-server.ts'
import { openRawTerminal } from '../terminal/raw-terminal.ts'

export interface Row {
  readonly name: string
  readonly bar?: string
  readonly value: string
}

export async function rows(): Promise<Row[]> {
  const words = Array.from({ length: 500 }, (_, index) => `word${index} `)
  await using model = await openModelServer(() => ({ words, pauseMs: 20 }))
  await using house = openHouse({ modelUrl: model.url })
  const gateway = await house.gateway()
  const found: Row[] = []

  for (const command of ['status', '--version']) {
    const walls: number[] = []
    for (let round = 0; round < 7; round++) {
      const begun = performance.now()
      await house.coop([command])
      walls.push(performance.now() - begun)
    }
    found.push({
      name: `\`coop ${command}\`, wall time, median`,
      value: `${Math.round(quantile(walls, 0.5))} ms`,
    })
  }

  {
    using client = openRawTerminal(house, ['attach'])
    await client.until('Alice, full')
    await sleep(1_000)
    const echoes: number[] = []
    for (let index = 0; index < 200; index++) {
      const key = 'abcdefghijklmnopqrstuvwxyz'[index % 26]!
      const before = client.seen().length
      const begun = performance.now()
      client.write(key)
      while (client.seen().length === before) await new Promise(setImmediate)
      echoes.push(performance.now() - begun)
      await sleep(40)
      if (index % 26 === 25) client.write('\u0015')
    }
    found.push({
      name: 'key to echo, p50 / p99',
      value: `${quantile(echoes, 0.5).toFixed(1)} / ${quantile(echoes, 0.99).toFixed(1)} ms`,
    })
    client.write('\u0015')
    await sleep(1_000)
    const idle = cpuMs(client.pid())
    await sleep(10_000)
    found.push({
      name: 'processor while idle',
      value: `${((cpuMs(client.pid()) - idle) / 100).toFixed(1)} %`,
    })
    client.write('go\r')
    await client.until('word10 ')
    const streaming = cpuMs(client.pid())
    await sleep(5_000)
    found.push({
      name: 'processor while 50 words a second stream',
      value: `${((cpuMs(client.pid()) - streaming) / 50).toFixed(1)} %`,
    })
  }

  gateway.kill('SIGTERM')
  await new Promise(resolve => gateway.once('exit', resolve))
  fill(house)
  await house.gateway()
  const attaches: number[] = []
  for (let round = 0; round < 5; round++) {
    const begun = performance.now()
    using client = openRawTerminal(house, ['attach'])
    await client.until('line 9999')
    attaches.push(performance.now() - begun)
  }
  found.push({
    name: 'attach to a history of 10,000 lines, process start to last line, median',
    value: `${Math.round(quantile(attaches, 0.5))} ms`,
  })
  return found
}

/** Ten thousand notices in Alice's own conversation. */
function fill(house: House): void {
  using store = openStore(join(house.dir, 'db', 'coop.db'), migrationsFolder('coop'))
  const session = store.sessions.list(1)[0]!
  const place = { session: session.id, epoch: session.epoch, turn: null, trace: '0'.repeat(32) }
  store.db.transaction(() => {
    for (let index = 0; index < 10_000; index++)
      store.transcript.append(
        place,
        {
          role: 'notice',
          author: null,
          blocks: [{ type: 'text', text: `line ${index}` }],
          labels: [],
          origin: 'agent',
        },
        Date.now(),
      )
  })()
}

/** User and system time of a process, from clock ticks of ten milliseconds. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

const quantile = (values: readonly number[], part: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))]!
