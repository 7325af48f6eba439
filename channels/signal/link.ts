// Becomes a linked device of a phone: shows codes until one is scanned, then registers with the server.
import { randomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import type { Net } from '@signalapp/libsignal-client'
import { IdentityKeyPair, PrivateKey, PublicKey } from '@signalapp/libsignal-client'
import { CoopError, isStorageFault } from '../../src/errors.ts'
import { base64, bytes } from './bytes.ts'
import { trouble } from './connection.ts'
import type { ProvisionMessage } from './generated/signal_pb.ts'
import { uuidOf } from './ids.ts'
import { keepKeys, makeStandingKeys } from './keys.ts'
import { patiently } from './patience.ts'
import { encryptDeviceName, linkUrl, newRegistrationId, openProvision } from './provisioning.ts'
import { linkDevice, removeDevice } from './server.ts'
import { openService, pathIn, type Service, type SignalSettings } from './service.ts'
import { beginLink, finishLink, forgetLink, openAccount, readAccount } from './store/account.ts'
import { type Db, openSignalDb } from './store/database.ts'
import { openUnits } from './store/unit.ts'

export interface LinkOptions {
  /** What the phone lists this device as. */
  readonly name: string
  /** Shown to the person; called again whenever the code changes. */
  readonly onCode: (url: string) => void
  /** How long one code stays, in milliseconds, and how many are shown. */
  readonly codeMs?: number
  readonly codes?: number
}

export interface Linked {
  readonly aci: string
  readonly number: string | null
  readonly device: number
}

/**
 * Links signal.db to a phone. The keys are stored before the server hears of them, so that a
 * crash in between leaves either a linked device or none. Throws `channel_failed`, or `aborted`.
 */
export async function linkSignal(
  settings: SignalSettings,
  home: string,
  options: LinkOptions,
  signal: AbortSignal,
): Promise<Linked> {
  const db = openSignalDb(pathIn(home, settings.db_path))
  try {
    if (readAccount(db)?.state === 'linked') {
      throw new CoopError('channel_failed', 'This home is linked already; run `coop signal unlink` first.')
    }
    const service = openService(settings, home)
    const answer = await waitForPhone(service, options, signal)
    return await register(db, service, answer, options.name, signal)
  } catch (cause) {
    if (signal.aborted) throw new CoopError('aborted', 'Linking was stopped.', { cause })
    if (cause instanceof CoopError || isStorageFault(cause)) throw cause
    throw new CoopError('channel_failed', trouble(cause), { cause })
  } finally {
    db.close()
  }
}

/** Removes this device from the account and forgets its keys. True if the server was told, false if it was unreachable. */
export async function unlinkSignal(settings: SignalSettings, home: string): Promise<boolean> {
  const db = openSignalDb(pathIn(home, settings.db_path))
  try {
    const account = openAccount(db)
    if (!account) throw new CoopError('not_found', 'No phone is linked; there is nothing to unlink.')
    const told = await tell(
      openService(settings, home),
      `${account.row.aci}.${account.device}`,
      account.row.password,
      account.device,
    )
    forgetLink(db)
    return told
  } finally {
    db.close()
  }
}

async function tell(service: Service, username: string, password: string, device: number): Promise<boolean> {
  const listener = { onIncomingMessage: () => {}, onQueueEmpty: () => {}, onConnectionInterrupted: () => {} }
  try {
    const chat = await service.net.connectAuthenticatedChat(username, password, false, listener)
    const status = await removeDevice(chat, device).finally(() => chat.disconnect())
    return status >= 200 && status < 300
  } catch {
    return false
  }
}

/** signal.db is opened here so that a commit is on the disk when it is done. */
const eachCommit = { flushed: async () => {} }

/** Shows codes, a new one before the old one stops working, until the phone answers one of them. */
async function waitForPhone(
  service: Service,
  options: LinkOptions,
  signal: AbortSignal,
): Promise<ProvisionMessage> {
  const { codeMs = 45_000, codes = 6 } = options
  // Held until the end: a connection that nobody refers to is closed by the garbage collector.
  const open: Net.ProvisioningConnection[] = []
  const answered = Promise.withResolvers<ProvisionMessage>()
  answered.promise.catch(() => undefined)
  const give = () => answered.reject(new CoopError('aborted', 'Linking was stopped.'))
  signal.addEventListener('abort', give, { once: true })
  try {
    for (let shown = 0; shown < codes && !signal.aborted; shown += 1) {
      open.push(await patiently(() => showCode(service, options.onCode, answered), signal))
      // The code before this one still works for as long as a slow hand needs.
      if (open.length > 2) await open[open.length - 3]!.disconnect().catch(() => undefined)
      const late = new AbortController()
      const found = await Promise.race([
        answered.promise,
        setTimeout(codeMs, undefined, { signal: late.signal }),
      ]).finally(() => late.abort())
      if (found) return found
    }
    signal.throwIfAborted()
    throw new CoopError('channel_failed', 'No phone scanned the code in time; run `coop signal link` again.')
  } finally {
    signal.removeEventListener('abort', give)
    await Promise.allSettled(open.map(connection => connection.disconnect()))
  }
}

async function showCode(
  service: Service,
  onCode: (url: string) => void,
  answered: PromiseWithResolvers<ProvisionMessage>,
): Promise<Net.ProvisioningConnection> {
  const key = PrivateKey.generate()
  return await service.net.connectProvisioning({
    onReceivedAddress(address, ack) {
      ack.send(200)
      onCode(linkUrl(address, key.getPublicKey()))
    },
    onReceivedEnvelope(envelope, ack) {
      try {
        const message = openProvision(envelope, key)
        ack.send(200)
        answered.resolve(message)
      } catch (cause) {
        answered.reject(
          new CoopError('channel_failed', 'The phone sent something else than an account; try again.', {
            cause,
          }),
        )
      }
    },
    onConnectionInterrupted: () => undefined,
  })
}

async function register(
  db: Db,
  service: Service,
  phone: ProvisionMessage,
  name: string,
  signal: AbortSignal,
): Promise<Linked> {
  const now = Date.now()
  const aci = phone.aciBinary.length === 16 ? uuidOf(phone.aciBinary) : phone.aci.toLowerCase()
  const aciPair = pair(phone.aciIdentityPublic, phone.aciIdentityPrivate)
  const pniPair =
    phone.pniIdentityPrivate.length > 0 ? pair(phone.pniIdentityPublic, phone.pniIdentityPrivate) : undefined
  const [registrationId, pniRegistrationId] = [newRegistrationId(), newRegistrationId()]
  const password = base64(randomBytes(18)).replace(/[+/=]/g, '')
  beginLink(db, {
    aci,
    pni: phone.pniBinary.length > 0 ? uuidOf(phone.pniBinary.subarray(-16)) : null,
    number: phone.number || null,
    password,
    aci_identity: aciPair.serialize(),
    pni_identity: pniPair?.serialize() ?? null,
    aci_registration: registrationId,
    pni_registration: pniRegistrationId,
    profile_key: phone.profileKey,
    entropy_pool: phone.accountEntropyPool || null,
    master_key: phone.masterKey.length > 0 ? phone.masterKey : null,
    linked_at: now,
  })
  const units = openUnits(db, eachCommit)
  const standing = await units.run(unit => ({
    aci: makeStandingKeys(unit, 'aci', aciPair.serialize(), now),
    pni: pniPair && makeStandingKeys(unit, 'pni', pniPair.serialize(), now),
  }))
  const chat = await patiently(
    () => service.net.connectUnauthenticatedChat({ onConnectionInterrupted: () => undefined }),
    signal,
  )
  const answer = await linkDevice(chat, aci, password, {
    verificationCode: phone.provisioningCode,
    accountAttributes: {
      fetchesMessages: true,
      registrationId,
      pniRegistrationId,
      name: base64(encryptDeviceName(name, aciPair.publicKey)),
      capabilities: { attachmentBackfill: true, spqr: true, usernameChangeSyncMessage: true },
    },
    aciSignedPreKey: standing.aci.signedPreKey,
    aciPqLastResortPreKey: standing.aci.pqLastResortPreKey,
    ...(standing.pni
      ? { pniSignedPreKey: standing.pni.signedPreKey, pniPqLastResortPreKey: standing.pni.pqLastResortPreKey }
      : {}),
  }).finally(() => chat.disconnect())
  if (answer.status !== 200 || answer.device === undefined)
    throw new CoopError('channel_failed', refusal(answer.status))
  finishLink(db, answer.device, answer.pni ?? null)
  await firstKeys(db, service)
  return { aci, number: phone.number || null, device: answer.device }
}

/** People can write at once. If this fails, the first start of the channel does it again. */
async function firstKeys(db: Db, service: Service): Promise<void> {
  const account = openAccount(db)
  if (!account) return
  const listener = { onIncomingMessage: () => {}, onQueueEmpty: () => {}, onConnectionInterrupted: () => {} }
  try {
    const chat = await service.net.connectAuthenticatedChat(
      `${account.row.aci}.${account.device}`,
      account.row.password,
      false,
      listener,
    )
    await keepKeys(db, openUnits(db, eachCommit), account, chat, Date.now()).finally(() => chat.disconnect())
  } catch {
    // Linked all the same.
  }
}

function refusal(status: number): string {
  switch (status) {
    case 403:
      return 'The code was used or has run out; run `coop signal link` again.'
    case 409:
      return 'The phone asks for a feature that this Coop does not have; update Coop.'
    case 411:
      return 'The account has too many linked devices; remove one on the phone (Settings, Linked devices).'
    case 429:
      return 'Signal asks to wait before linking again; try in an hour.'
    default:
      return `Signal refused to link (${status}); try again, and update Coop if it stays so.`
  }
}

const pair = (publicKey: Uint8Array, privateKey: Uint8Array): IdentityKeyPair =>
  new IdentityKeyPair(PublicKey.deserialize(bytes(publicKey)), PrivateKey.deserialize(bytes(privateKey)))
