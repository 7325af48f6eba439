// Updates that Telegram brings: a small server behind a reverse proxy, each request checked by its secret token.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { Api } from 'grammy'
import type { Update } from 'grammy/types'
import { CoopError } from '../../src/errors.ts'
import { openIntake } from '../intake.ts'

export interface Webhook {
  /** The address that Telegram calls. */
  readonly url: string
  /** The port on this machine that the reverse proxy passes it on to. */
  readonly port: number
}

const maxBodyBytes = 2_000_000

/** The token that proves a request is Telegram's. The same for the same bot, so that a restart loses nothing. */
export const secretTokenFor = (botToken: string): string =>
  createHmac('sha256', botToken).update('coop webhook').digest('hex')

/** Registers the webhook and yields what comes; a request is answered with 200 once its update is stored. */
export async function* webhookUpdates(
  api: Api,
  webhook: Webhook,
  secret: string,
  updates: readonly string[],
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
  try {
    await bind(server, webhook.port)
    await api.setWebhook(
      webhook.url,
      { secret_token: secret, allowed_updates: updates as never },
      signal as never,
    )
    yield []
    for await (const batch of intake.batches(signal))
      yield batch.toSorted((a, b) => a.update_id - b.update_id)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

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
