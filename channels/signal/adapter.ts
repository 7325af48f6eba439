// The Signal channel: this gateway as a linked device of a phone's account.
import type {
  Channel,
  ChannelDeps,
  ChannelState,
  Membership,
  Place,
  SendResult,
  Unverified,
} from '../../src/channel.ts'
import { openDurable } from '../../src/durable.ts'
import { messageOf } from '../../src/errors.ts'
import { withoutTables } from '../table.ts'
import { type BlobHandle, fetchHandle } from './attachments.ts'
import { bounded } from './bounded.ts'
import { fromHex } from './bytes.ts'
import type { Client } from './client.ts'
import { composeRequest } from './compose.ts'
import { openConnection } from './connection.ts'
import { syncRequest } from './constants.ts'
import { refreshRoom } from './groups.ts'
import { readied } from './handover.ts'
import { keepKeys } from './keys.ts'
import { safeName } from './names.ts'
import { openNews } from './news.ts'
import { othersIn, react, send, withdraw } from './outgoing.ts'
import { openProof } from './proof.ts'
import { openReceipts, sendTyping } from './receipts.ts'
import { receive } from './receive.ts'
import { membershipOf, roomIdOf } from './rooms.ts'
import { sendOpenTranscripts } from './send.ts'
import { openService, pathIn, type SignalSettings } from './service.ts'
import { readStorage } from './storage.ts'
import { getSetting, markUnlinked, openAccount, putSetting } from './store/account.ts'
import { openSignalDb } from './store/database.ts'
import { confirmIdentity, isUnverified, listUnverified } from './store/identity.ts'
import { dropInbound, pruneHeard, waitingInbound } from './store/inbound.ts'
import { nameOf, readPerson } from './store/people.ts'
import { tidier } from './store/tidy.ts'
import { openUnits } from './store/units.ts'
import { transmit } from './transmit.ts'

export interface SignalChannel extends Channel {
  /** Those whose safety number changed: they count as strangers until confirmed. */
  unverified(): readonly Unverified[]
  /** The owner's word that a person is still themselves. False if there was nothing to confirm. */
  confirm(id: string): boolean
}

/** UTF-16 units; what is longer goes out as several messages. */
const maxTextLength = 2_000
const batchSize = 100
/** How long what may not be kept stays at most. */
const tidyMs = 5_000
/** How long a send waits for a connection that is coming. */
const connectMs = 5_000
/** As large as Signal lets files be. */
const mostFileBytes = 100 * 1024 * 1024

/** Opens the channel. It works, or its state says that no phone is linked. Throws when signal.db is in use or unsound. */
export async function createSignal(settings: SignalSettings, deps: ChannelDeps): Promise<SignalChannel> {
  const db = openSignalDb(pathIn(deps.home, settings.db_path), 'when asked')
  const account = openAccount(db)
  if (!account) {
    db.close()
    return notLinked
  }
  const side = openAside(deps)
  const log = openDurable(db)
  const news = openNews()
  const client: Client = {
    db,
    units: openUnits(db, { flushed: log.flushed, received: news.announce }),
    account,
    service: openService(settings, deps.home),
    log: deps.log,
    // Who may be somebody else by now is a stranger.
    knows: aci => (deps.knows?.(`signal:${aci}`) ?? false) && !isUnverified(db, aci),
    chats: () => connection.chats(),
    proof: openProof(),
    copying: new Set(),
    aside: side.run,
  }
  const stopped = new AbortController()
  const receipts = openReceipts(client, stopped.signal)
  const connection = openConnection({
    service: client.service,
    account,
    log: deps.log,
    async onEnvelope(envelope) {
      const arrival = await receive(client, envelope)
      if (arrival.messages.length > 0) receipts.delivered(arrival.messages)
      for (const { what, work } of arrival.after) side.run(what, work)
    },
    onUpkeep: () => upkeep(client),
    onUnlinked: () => markUnlinked(db),
  })

  const tidying = setInterval(tidier(db, deps.log), tidyMs).unref()
  // Connected from the start: what arrives is kept here until somebody listens.
  let over = false
  const running = connection.run(stopped.signal).finally(() => {
    over = true
    news.announce()
  })

  return {
    name: 'signal',
    capabilities: { maxTextLength, exactlyOnce: true, groups: true, local: false, steps: settings.verbose },
    state() {
      const state = connection.state()
      const error = client.proof.wanted()
      return state.kind === 'connected' && error !== undefined ? { ...state, error } : state
    },
    prepare: withoutTables,
    async *listen(signal) {
      const ending = AbortSignal.any([signal, stopped.signal])
      let handed = 0
      while (!ending.aborted) {
        const seen = news.count()
        const waiting = waitingInbound(db, handed, batchSize)
        const last = waiting.at(-1)
        if (!last) {
          if (over) return
          await news.after(seen, ending)
          continue
        }
        const batch = await readied(
          client,
          waiting.map(row => row.inbound),
        )
        if (batch.length > 0) yield batch
        handed = last.id
        const upTo = handed
        client.units.later(open => dropInbound(open, upTo))
        receipts.read(batch.map(inbound => ({ sender: inbound.sender.id, timestamp: inbound.at })))
      }
    },
    async send(outbound, signal) {
      await connection.ready(AbortSignal.any([signal, stopped.signal]), connectMs)
      return await send(client, outbound, signal)
    },
    async typing(place) {
      const recipients = place.kind === 'direct' ? [place.id] : await othersIn(client, roomIdOf(place))
      await sendTyping(client, recipients, place.kind === 'group' ? fromHex(roomIdOf(place)) : undefined)
    },
    async members(place, signal) {
      const id = roomIdOf(place)
      await bounded(refreshRoom(client, id), signal).catch(cause =>
        deps.log.warn({ reason: messageOf(cause) }, 'a group could not be read'),
      )
      return membershipOf(db, id, account.row.aci, Date.now())
    },
    unverified: () =>
      listUnverified(db).map(({ aci, since }) => ({
        id: aci,
        name: safeName(nameOf(readPerson(db, aci))),
        since,
      })),
    confirm: id => confirmIdentity(db, id),
    fetch: ({ handle }, signal) =>
      fetchHandle(client, JSON.parse(handle) as BlobHandle, mostFileBytes, signal),
    react: (place, externalId, emoji) => react(client, place, externalId, emoji),
    withdraw: (place, externalId) => withdraw(client, place, externalId),
    async [Symbol.asyncDispose]() {
      clearInterval(tidying)
      stopped.abort()
      await running
      await side.idle()
      await client.units.idle()
      log[Symbol.dispose]()
      db.close()
    },
  }
}

/** What is due after each connect and now and then: keys, settings of the phone, copies that a crash left behind. */
async function upkeep(client: Client): Promise<void> {
  const { db, account } = client
  const now = Date.now()
  const chats = client.chats()
  if (!chats) return
  await keepKeys(db, client.units, account, chats.auth, now)
  if (getSetting(db, 'asked_phone') === undefined) {
    for (const type of Object.values(syncRequest)) {
      await transmit(client, {
        recipient: account.row.aci,
        timestamp: Date.now(),
        content: composeRequest(type),
      })
    }
    putSetting(db, 'asked_phone', String(now))
  }
  await sendOpenTranscripts(client)
  pruneHeard(db, now)
  await readStorage(client)
}

/** Work on the side that somebody waits for at the end. */
function openAside(deps: ChannelDeps) {
  const running = new Set<Promise<unknown>>()
  return {
    run(what: string, work: () => Promise<unknown>): void {
      const one = work()
        .catch(cause => deps.log.debug({ reason: messageOf(cause) }, `${what} did not work`))
        .finally(() => running.delete(one))
      running.add(one)
    },
    async idle(): Promise<void> {
      await Promise.allSettled([...running])
    },
  }
}

const advice = 'No phone is linked; run `coop signal link`, then restart.'

/** What stands in the place of the channel until a phone is linked. */
const notLinked: SignalChannel = {
  name: 'signal',
  capabilities: { maxTextLength, exactlyOnce: true, groups: true, local: false },
  state: (): ChannelState => ({ kind: 'failed', error: advice }),
  async *listen() {},
  send: async (): Promise<SendResult> => ({ kind: 'retry', reason: advice }),
  members: async (_: Place): Promise<Membership> => ({ kind: 'unknown', reason: advice }),
  unverified: () => [],
  confirm: () => false,
  async [Symbol.asyncDispose]() {},
}
