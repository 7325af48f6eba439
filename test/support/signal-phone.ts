// A person's phone on the loopback Signal: what it writes to the agent, and everything that reached it.
import {
  type Device,
  EMPTY_DATA_MESSAGE,
  type Group,
  type PrimaryDevice,
  type Proto,
} from '@signalapp/mock-server'
import { contentOf } from '../channels/signal/contents.ts'
import { acquaint, type World } from '../channels/signal/world.ts'
import { until } from './until.ts'

type Content = NonNullable<Proto.Content.Params['content']>

export interface Writing {
  readonly group?: Group
  readonly sealed?: boolean
  readonly fields?: Partial<Proto.DataMessage.Params>
}

export interface Phone {
  readonly name: string
  readonly aci: string
  readonly device: PrimaryDevice
  /** Writes to the agent. Returns when it was written, which names it. */
  write(text: string, how?: Writing): Promise<number>
  /** Sends any content, at a time that no other message has. */
  send(content: (timestamp: number) => Content, how?: Pick<Writing, 'sealed'>): Promise<number>
  /** Writes to its own account; its other devices get a copy. */
  note(text: string): Promise<void>
  /** The bytes of a message that is not sent yet, for what is to be sent twice or out of order. */
  seal(text: string): Promise<Buffer<ArrayBuffer>>
  /** Takes a key of the agent's device, as a phone does that writes for the first time. */
  meet(agent: Device): Promise<void>
  /** Every content that reached it, oldest first. */
  readonly got: readonly Proto.Content[]
  /** The messages with a text, a reaction or a deletion. */
  messages(): Proto.DataMessage[]
  texts(): string[]
  receipts(): { type: number; timestamps: number[] }[]
  typing(): number
  /** What the account's other devices told it. */
  syncs(): Proto.SyncMessage[]
  /** Waits for the next text that nobody waited for yet. */
  reply(ms?: number): Promise<Proto.DataMessage>
  /** Forgets what came so far. */
  clear(): void
}

interface Inside {
  decrypt(...given: unknown[]): Promise<{ content: Proto.Content }>
  encryptContent(to: Device, content: Proto.Content.Params, options: object): Promise<Buffer<ArrayBuffer>>
}

let clock = 0
/** No two messages have one time. */
const nextTime = (): number => {
  clock = Math.max(clock + 1, Date.now())
  return clock
}

/** Gives somebody a phone. */
export const openPhone = async (world: Pick<World, 'server'>, name: string): Promise<Phone> =>
  watchPhone(world, name, await world.server.createPrimaryDevice({ profileName: name }))

/** A tablet with the account of `phone`: it writes by itself, and what is sent to the account reaches it too. */
export async function openTablet(world: Pick<World, 'server'>, phone: Phone): Promise<Phone> {
  const { server } = world
  const device = await server.createSecondaryDevice(phone.device)
  const primary = phone.device as unknown as Shared & {
    constructor: new (device: Device, config: unknown) => PrimaryDevice
  }
  const tablet = new primary.constructor(device, primary.config)
  // One account: the same identity and profile on both.
  const { privateKey, publicKey, profileKey } = primary
  Object.assign(tablet, { privateKey, publicKey, profileKey })
  await (tablet as unknown as Shared).identity.get('ACI')?.updateIdentityKey(privateKey)
  await tablet.init()
  const handle = server.handleMessage.bind(server)
  server.handleMessage = async (source, kind, type, target, content, timestamp) =>
    target === device
      ? await tablet.handleEnvelope(source, kind, type, content)
      : await handle(source, kind, type, target, content, timestamp)
  return watchPhone(world, `${phone.name}'s tablet`, tablet)
}

/** What the devices of one account have in common. */
interface Shared {
  readonly config: unknown
  readonly privateKey: unknown
  readonly publicKey: unknown
  readonly profileKey: unknown
  readonly identity: Map<string, { updateIdentityKey(key: unknown): Promise<void> }>
}

/** The same for a phone that is there already. */
export function watchPhone(world: Pick<World, 'server'>, name: string, device: PrimaryDevice): Phone {
  const inside = device as unknown as Inside
  const got: Proto.Content[] = []
  const decrypt = inside.decrypt.bind(device)
  inside.decrypt = async (...given) => {
    const opened = await decrypt(...given)
    // What is sealed is opened twice: the seal, then what is inside.
    if (got.at(-1) !== opened.content) got.push(opened.content)
    return opened
  }
  let agent: Device | undefined
  let taken = 0
  const met = () => {
    if (!agent) throw new Error(`${name} has not met the agent`)
    return agent
  }
  const sendAt = async (timestamp: number, content: Content, sealed = false) => {
    const bytes = await inside.encryptContent(met(), contentOf(content), { timestamp, sealed })
    void world.server.send(met(), bytes)
    return timestamp
  }
  const dataOf = (timestamp: number, text: string, { group, fields }: Writing): Content => ({
    dataMessage: {
      ...EMPTY_DATA_MESSAGE,
      ...(text === '' ? {} : { body: text }),
      ...(group ? { groupV2: group.toContext() } : {}),
      profileKey: device.profileKey.serialize(),
      timestamp: BigInt(timestamp),
      ...fields,
    },
  })
  const messages = () =>
    got.flatMap(content => (content.content?.dataMessage ? [content.content.dataMessage] : []))
  const written = () => messages().filter(message => (message.body ?? '') !== '')
  return {
    name,
    aci: device.device.aci,
    device,
    got,
    async write(text, how = {}) {
      const timestamp = nextTime()
      return await sendAt(timestamp, dataOf(timestamp, text, how), how.sealed)
    },
    async send(content, how = {}) {
      const timestamp = nextTime()
      return await sendAt(timestamp, content(timestamp), how.sealed)
    },
    async note(text) {
      const { aci: destinationServiceId } = device.device
      const bytes = await device.encryptSyncSent(met(), text, { timestamp: nextTime(), destinationServiceId })
      void world.server.send(met(), bytes)
    },
    async seal(text) {
      const timestamp = nextTime()
      return await inside.encryptContent(met(), contentOf(dataOf(timestamp, text, {})), { timestamp })
    },
    async meet(to) {
      agent = to
      await acquaint(device, to)
    },
    messages,
    texts: () => written().map(message => message.body ?? ''),
    receipts: () =>
      got.flatMap(({ content }) =>
        content?.receiptMessage
          ? [
              {
                type: Number(content.receiptMessage.type ?? 0),
                timestamps: (content.receiptMessage.timestamp ?? []).map(Number),
              },
            ]
          : [],
      ),
    syncs: () => got.flatMap(content => (content.content?.syncMessage ? [content.content.syncMessage] : [])),
    typing: () => got.filter(content => content.content?.typingMessage).length,
    async reply(ms) {
      const at = taken
      taken += 1
      return await until(
        `text ${at + 1} to ${name} after ${JSON.stringify(written().map(m => m.body))}`,
        () => written()[at],
        ms,
      )
    },
    clear() {
      got.length = 0
      taken = 0
    },
  }
}
