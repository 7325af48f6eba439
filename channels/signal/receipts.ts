// Receipts and typing: small signs that may get lost, sent to people of the household and never to strangers.
import type { Client } from './client.ts'
import { composeRead, composeReceipt, composeTyping } from './compose.ts'
import { getSetting } from './store/account.ts'
import { transmit } from './transmit.ts'

interface Received {
  readonly sender: string
  readonly timestamp: number
}

/** Tells senders that their messages arrived, or were read; one receipt a person. */
async function sendReceipts(
  client: Client,
  type: 'delivery' | 'read',
  messages: readonly Received[],
): Promise<void> {
  const own = client.account.row.aci
  const known = messages.filter(({ sender }) => sender !== own && client.knows(sender))
  if (type === 'read' && getSetting(client.db, 'read_receipts') !== 'true') return
  for (const [sender, theirs] of Map.groupBy(known, message => message.sender)) {
    const content = composeReceipt(
      type,
      theirs.map(message => message.timestamp),
    )
    await transmit(client, { recipient: sender, timestamp: Date.now(), content })
  }
}

/** Tells our other devices what was read, so that they stop counting it as new. */
async function syncRead(client: Client, messages: readonly Received[]): Promise<void> {
  const others = messages.filter(({ sender }) => sender !== client.account.row.aci)
  if (others.length === 0) return
  await transmit(client, {
    recipient: client.account.row.aci,
    timestamp: Date.now(),
    content: composeRead(others),
  })
}

export interface ReceiptQueue {
  delivered(messages: readonly Received[]): void
  read(messages: readonly Received[]): void
}

/** Long enough to gather a burst, short enough that nobody sees it. */
const gatherMs = 50

/** Gathers receipts for a moment, so that a burst of messages is not answered by a burst of receipts. */
export function openReceipts(client: Client, signal: AbortSignal): ReceiptQueue {
  const waiting = { delivery: [] as Received[], read: [] as Received[] }
  let timer: NodeJS.Timeout | undefined
  const flush = async () => {
    timer = undefined
    const { delivery, read } = waiting
    Object.assign(waiting, { delivery: [], read: [] })
    await sendReceipts(client, 'delivery', delivery)
    await sendReceipts(client, 'read', read)
    await syncRead(client, read)
  }
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
  const gather = (kind: keyof typeof waiting, messages: readonly Received[]) => {
    waiting[kind].push(...messages)
    if (!signal.aborted) timer ??= setTimeout(() => client.aside('a receipt', flush), gatherMs)
  }
  return { delivered: messages => gather('delivery', messages), read: messages => gather('read', messages) }
}

/** Shows that an answer is being written, to whoever looks now. */
export async function sendTyping(
  client: Client,
  recipients: readonly string[],
  groupId?: Uint8Array,
): Promise<void> {
  if (getSetting(client.db, 'typing_indicators') !== 'true') return
  const timestamp = Date.now()
  const content = composeTyping(timestamp, groupId)
  for (const recipient of recipients) {
    if (!client.knows(recipient)) continue
    await transmit(client, { recipient, timestamp, content, online: true })
  }
}
