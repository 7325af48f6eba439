// What the account's own phone tells us: settings, contacts, blocks, a new number, and what its owner writes.
import { IdentityKeyPair, KyberPreKeyRecord, SignedPreKeyRecord } from '@signalapp/libsignal-client'
import { bytes, hex } from './bytes.ts'
import type { Client } from './client.ts'
import { receiveContacts } from './contacts.ts'
import type { Opened } from './decrypt.ts'
import type {
  SyncMessage,
  SyncMessage_Blocked,
  SyncMessage_PniChangeNumber,
  SyncMessage_Sent,
} from './generated/signal_pb.ts'
import { parseServiceId } from './ids.ts'
import { inboundOf } from './inbound.ts'
import { type Arrival, keep, keepTimer } from './keep.ts'
import { seenGroup } from './rooms.ts'
import { readStorage } from './storage.ts'
import { changeNumber, keepAccountKeys, putSetting } from './store/account.ts'
import type { Db } from './store/database.ts'
import { replaceBlocked } from './store/people.ts'
import { keyName } from './store/protocol.ts'
import type { Unit } from './store/unit.ts'

/** Types of `FetchLatest`. */
const fetchStorage = 2

/** Takes in a sync message; only our own account can have sent it. */
export function receiveSync(client: Client, unit: Unit, opened: Opened, sync: SyncMessage): Arrival {
  const after: { what: string; work: () => Promise<void> }[] = []
  const { configuration, blocked, keys, pniChangeNumber, contacts } = sync
  if (configuration) {
    unit.atCommit(db => {
      putSetting(db, 'read_receipts', String(configuration.readReceipts ?? false))
      putSetting(db, 'typing_indicators', String(configuration.typingIndicators ?? false))
    })
  }
  if (blocked) unit.atCommit(db => keepBlocked(db, blocked))
  if (keys) {
    unit.atCommit(db => keepAccountKeys(db, keys.accountEntropyPool, keys.master))
    after.push({
      what: 'reading the storage service',
      work: () => refreshed(client, () => readStorage(client)),
    })
  }
  if (sync.fetchLatest?.type === fetchStorage)
    after.push({ what: 'reading the storage service', work: () => readStorage(client) })
  if (contacts?.blob) {
    const { blob } = contacts
    after.push({ what: 'reading the contacts', work: () => receiveContacts(client, blob) })
  }
  if (pniChangeNumber && opened.updatedPni) {
    takeNumber(unit, opened.updatedPni, pniChangeNumber)
    after.push({ what: 'taking over the new number', work: () => refreshed(client, async () => {}) })
  }
  const messages = sync.sent ? receiveSent(client, unit, opened, sync.sent) : []
  return { messages, after }
}

async function refreshed(client: Client, work: () => Promise<void>): Promise<void> {
  client.account.refresh()
  await work()
}

/** What the owner wrote on another device: to themselves it is a message to us, to others it only teaches us the timer, or that a group changed. */
function receiveSent(
  client: Client,
  unit: Unit,
  opened: Opened,
  sent: SyncMessage_Sent,
): Arrival['messages'] {
  const own = client.account.row.aci
  const to = parseServiceId(sent.destinationServiceIdBinary, sent.destinationServiceId)
  const message = sent.message ?? sent.edit?.data
  // Whom the phone itself adds to a group or removes, nobody else has to tell us.
  if (message?.group) seenGroup(unit, message.group)
  if (!message || message.group || to?.kind !== 'aci') return []
  unit.atCommit(db => keepTimer(db, to.uuid, message))
  if (to.uuid !== own) return []
  const timestamp = Number(sent.timestamp)
  const place = { channel: 'signal', kind: 'direct', id: own } as const
  const edits = sent.edit ? { edits: Number(sent.edit.targetSentTimestamp) } : {}
  const origin = { sender: own, device: opened.device, timestamp, place, ...edits }
  const inbound = inboundOf(client, message, origin)
  if (inbound) keep(unit, inbound)
  return inbound ? [{ sender: own, timestamp }] : []
}

function keepBlocked(db: Db, blocked: SyncMessage_Blocked): void {
  const binary = blocked.acisBinary.map(raw => parseServiceId(raw))
  const written = blocked.acis.map(aci => parseServiceId(new Uint8Array(), aci))
  const acis = [...binary, ...written].flatMap(id => (id?.kind === 'aci' ? [id.uuid] : []))
  replaceBlocked(db, { acis, numbers: blocked.numbers, rooms: blocked.groupIds.map(hex) })
}

/** The phone has a new number: its identity, keys and registration replace the old ones in one commit. */
function takeNumber(unit: Unit, pni: string, change: SyncMessage_PniChangeNumber): void {
  const pair = IdentityKeyPair.deserialize(bytes(change.identityKeyPair))
  const signed = SignedPreKeyRecord.deserialize(bytes(change.signedPreKey))
  const lastResort = KyberPreKeyRecord.deserialize(bytes(change.lastResortKyberPreKey))
  for (const kind of ['prekey', 'signed_prekey', 'kyber_prekey', 'kyber_last_resort', 'session'] as const) {
    for (const key of unit.keys(kind, 'pni:')) unit.remove(kind, key)
  }
  unit.put('signed_prekey', keyName('pni', signed.id()), signed.serialize())
  unit.put('kyber_last_resort', keyName('pni', lastResort.id()), lastResort.serialize())
  const { registrationId, newE164 } = change
  unit.atCommit(db => changeNumber(db, pni, pair.serialize(), registrationId, newE164 || null))
}
