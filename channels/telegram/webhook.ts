// Updates that Telegram brings: a small server behind a reverse proxy, each request checked by its secret token.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, Server } from 'node:http'
import type { Api } from 'grammy'
import type { Update, WebhookInfo } from 'grammy/types'
import { CoopError } from '../../src/errors.ts'
import { createServer } from '../../src/http/builtin.ts'
import { openIntake } from '../intake.ts'

export interface Webhook {
  /** The address that Telegram calls. */
  readonly url: string
  /** The port on this machine that the reverse proxy passes it on to. */
  readonly port: number
  /** How often Telegram is asked whether its updates get through, in milliseconds. */
  readonly checkMs?: number
}

const maxBodyBytes = 2_000_000
const checkMs = 60_000

/** The token that proves a request is Telegram's. The same for the same bot, so that a restart loses nothing. */
export const secretTokenFor = (botToken: string): string =>
  createHmac('sha256', botToken).update('coop webhook').digest('hex')

/** Registers the webhook and yields what comes; a request is answered with 200 once its update is stored. */
export async function* webhookUpdates(
  api: Api,
  webhook: Webhook,
  secret: string,
  updates: readonly string[],
  /** Told why Telegram cannot bring its updates; null once it can. */
  onTrouble: (error: string | null) => void,
  signal: AbortSignal,
): AsyncGenerator<readonly Update[]> {
  const intake = openIntake<Update>()
  const server = createServer((request, response) => {
    const answer = (status: number) => response.writeHead(status).end()
    if (!isGenuine(request, secret)) return void answer(403)
    bodyOf(request).then(
      update =>
        intake.offer(update).then(
          () => answer(200),
          () => answer(503),
        ),
      () => answer(400),
    )
  })
  let watch: NodeJS.Timeout | undefined
  try {
    await bind(server, webhook.port)
    await api.setWebhook(
      webhook.url,
      { secret_token: secret, allowed_updates: updates as never },
      signal as never,
    )
    yield []
    watch = setInterval(async () => {
      const info = await api.getWebhookInfo(signal as never).catch(() => null)
      if (info) onTrouble(troubleIn(info, webhook.url))
    }, webhook.checkMs ?? checkMs).unref()
    for await (const batch of intake.batches(signal))
      yield batch.toSorted((a, b) => a.update_id - b.update_id)
  } finally {
    clearInterval(watch)
    server.closeAllConnections()
    server.close()
  }
}

/** Telegram keeps the last error for ever; it matters while something waits behind it. */
const troubleIn = ({ last_error_message: error, pending_update_count: waiting }: WebhookInfo, url: string) =>
  error && waiting > 0 ? `Telegram cannot bring its updates to ${url}: ${error}` : null

async function bind(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch (cause) {
    throw new CoopError(
      'channel_failed',
      `the port ${port} for the webhook is taken; choose another webhook_port`,
      {
        cause,
      },
    )
  }
}

function isGenuine(request: IncomingMessage, secret: string): boolean {
  const given = Buffer.from(String(request.headers['x-telegram-bot-api-secret-token'] ?? ''))
  const wanted = Buffer.from(secret)
  return request.method === 'POST' && given.length === wanted.length && timingSafeEqual(given, wanted)
}

async function bodyOf(request: IncomingMessage): Promise<Update> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBodyBytes) throw new Error('too large')
    chunks.push(chunk)
  }
  const update = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Update
  if (typeof update.update_id !== 'number') throw new Error('no update')
  return update
}
