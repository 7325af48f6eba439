// Signal measured through the real gateway against a server on loopback: linking, the journey, a burst after downtime, memory.
import { readFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import { say } from '../support/fake-anthropic.ts'
import { clock } from '../support/loopback.ts'
import { openSignalStage, type SignalStage } from '../support/signal-stage.ts'
import { openStage } from '../support/stage.ts'
import { until } from '../support/until.ts'
import { latency, type Row } from './row.ts'

const messages = 50
const burst = 500
const waitMs = 300_000

/** All rows. The server and the people's phones run in this process too, so times are upper bounds. */
export async function rows(): Promise<Row[]> {
  await using stage = await openSignalStage({ idle: true })
  stage.model.otherwise = () => say('Certainly. I have taken a note of that.')
  const linked = await linking(stage)
  await stage.start()
  const trips = await journey(stage)
  return [linked, ...trips, await memoryAdded(stage), await afterDowntime(stage)]
}

async function linking(stage: SignalStage): Promise<Row> {
  const from = performance.now()
  await stage.link()
  const seconds = (performance.now() - from) / 1_000
  return { name: 'link, from the command to keys on the server', value: `${seconds.toFixed(1)} s` }
}

async function journey(stage: SignalStage): Promise<Row[]> {
  const { alice, model, world, agent } = stage
  /** When the server had each message, by the time that names it. */
  const left = new Map<number, number>()
  const carry = world.server.handleMessage.bind(world.server)
  world.server.handleMessage = async (...given) => {
    if (given[3] === alice.device.device) left.set(Number(given[5]), clock())
    await carry(...given)
  }
  const toModel: number[] = []
  const toServer: number[] = []
  for (let count = 0; count < messages; count++) {
    const asked = model.requests.length
    const sealed = await alice.seal(`message ${count}`)
    const written = clock()
    void world.server.send(agent, sealed)
    const answer = await alice.reply()
    const request = model.requests[asked]
    const at = left.get(Number(answer.timestamp))
    if (!request?.endedAt || at === undefined) throw new Error('an answer came from nowhere')
    if (count === 0) continue
    toModel.push(request.at - written)
    toServer.push(at - request.endedAt)
  }
  world.server.handleMessage = carry
  return [
    latency('on the wire -> model request', toModel, [5, 15]),
    latency('model’s last byte -> taken by the server', toServer, [5, 15]),
  ]
}

/** What Signal adds to a gateway that is at rest, against one with Telegram alone. */
async function memoryAdded(stage: SignalStage): Promise<Row> {
  await using plain = await openStage()
  const added = pss(stage.gateway.pid) - pss(plain.gateway.pid)
  return { name: 'memory added (PSS), connected and used', value: `${Math.round(added / 1024)} MB` }
}

function pss(pid: number): number {
  return Number(
    /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? Number.NaN,
  )
}

async function afterDowntime(stage: SignalStage): Promise<Row> {
  const { alice, world, agent, gateway } = stage
  await gateway.stop()
  await until('the server sees it', () => !stage.connected())
  for (let count = 0; count < burst; count++)
    void world.server.send(agent, await alice.seal(`missed ${count}`))
  const from = performance.now()
  await stage.start()
  const count = (where: string): number => {
    const db = new Database(stage.home.database, { readonly: true })
    try {
      return db.prepare<[], number>(`SELECT count(*) FROM inbox WHERE ${where}`).pluck().get() ?? 0
    } finally {
      db.close()
    }
  }
  const missed = "body ->> '$.text' LIKE 'missed %'"
  await until('all are stored', () => count(missed) === burst, waitMs)
  const stored = performance.now() - from
  await until('all are answered', () => count(`${missed} AND state = 'answered'`) === burst, waitMs)
  const answered = performance.now() - from
  return {
    name: `${burst} messages of one person after downtime, the start counted`,
    value: `stored in ${(stored / 1_000).toFixed(1)} s, answered in ${(answered / 1_000).toFixed(1)} s`,
  }
}
