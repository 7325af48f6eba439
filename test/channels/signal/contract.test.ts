// Signal under the suite that every channel passes.
import { setTimeout as sleep } from 'node:timers/promises'
import { createSignal } from '../../../channels/signal/adapter.ts'
import { channelContract, type Rig, type SendFault } from '../contract.ts'
import { depsFor, direct, friend, link, openWorld, socketsOf, until } from './world.ts'

async function openRig(): Promise<Rig> {
  const world = await openWorld()
  const { server } = world
  const device = await link(world)
  const alice = await friend(world, 'Alice', device)
  const shown: string[] = []
  const receive = alice as unknown as { handleDataMessage(...given: unknown[]): void }
  const handle = receive.handleDataMessage.bind(alice)
  receive.handleDataMessage = (...given) => {
    shown.push((given.at(-1) as { body: string }).body)
    handle(...given)
  }
  // A server does not decrypt; in the mock the phone's own complaint of a repeat fails the request.
  const carry = server.handleMessage.bind(server)
  server.handleMessage = (...given) => carry(...given).catch(() => undefined)
  let fault: SendFault | undefined
  const prepare = server.prepareMultiDeviceMessage.bind(server)
  server.prepareMultiDeviceMessage = async (...given) => {
    if (given[1] !== alice.device.aci) return await prepare(...given)
    const now = fault
    fault = undefined
    if (now === 'lost request') socketsOf(server).get(device)?.close(4401)
    if (now === 'lost request' || now === 'unavailable') throw new Error(now)
    if (now === 'late answer') await sleep(1_200)
    if (now === 'forbidden') return { status: 'unknown' }
    const prepared = await prepare(...given)
    if (now === 'lost answer' && prepared.status === 'ok') {
      await server.handlePreparedMultiDeviceMessage(given[0], prepared.targetServiceId, prepared.result)
      socketsOf(server).get(device)?.close(4401)
      throw new Error(now)
    }
    return prepared
  }
  const limited = { source: device.aci, target: alice.device.aci }
  return {
    place: direct(alice.device.aci),
    async channel() {
      // What is sent to a socket that is closing is lost in the mock, though never at Signal.
      await until(() => !socketsOf(server).has(device))
      return await createSignal(world.settings, depsFor(world))
    },
    async write(text) {
      void server.send(device, await alice.encryptText(device, text, { timestamp: nextTime() }))
    },
    shown: () => shown,
    fault(kind) {
      server.stopRateLimiting(limited)
      if (kind === 'limited') server.rateLimit(limited)
      else fault = kind
    },
    interrupt: () => socketsOf(server).get(device)?.close(4401),
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]()
    },
  }
}

let last = 0
/** No two messages of a person have one time. */
const nextTime = (): number => {
  last = Math.max(last + 1, Date.now())
  return last
}

channelContract('signal', openRig)
