// What every part of the room works with while the device is linked.
import type { Net } from '@signalapp/libsignal-client'
import type { Log } from '../../src/log.ts'
import type { Proof } from './proof.ts'
import type { Service } from './service.ts'
import type { Account } from './store/account.ts'
import type { Db } from './store/database.ts'
import type { Units } from './store/units.ts'

export interface Chats {
  /** Speaks as our device. */
  readonly auth: Net.AuthenticatedChatConnection
  /** Speaks as nobody; carries sealed messages. */
  readonly unauth: Net.UnauthenticatedChatConnection
}

export interface Client {
  readonly db: Db
  readonly units: Units
  readonly account: Account
  readonly service: Service
  readonly log: Log
  /** Whether a person is somebody of the household, and not a stranger. */
  readonly knows: (aci: string) => boolean
  /** The connections if there are any now. */
  readonly chats: () => Chats | undefined
  readonly proof: Proof
  /** Keys of messages whose copy for our other devices is being sent. */
  readonly copying: Set<string>
  /** Runs something on the side that may fail without harm; its failure is logged. */
  readonly aside: (what: string, work: () => Promise<unknown>) => void
}

/** Thrown by what needs a connection when there is none. */
export class NotConnected extends Error {
  override readonly name = 'NotConnected'
  constructor() {
    super('there is no connection to Signal')
  }
}

export function connected(client: Client): Chats {
  const chats = client.chats()
  if (!chats) throw new NotConnected()
  return chats
}
