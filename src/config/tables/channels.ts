// The tables of the channels: where each platform is, and with what key.
import { z } from 'zod'
import { key, secret, table, url } from '../keys.ts'

const telegram = table({
  token: key(secret, 'The bot’s token, as "env:NAME".', { by: 'terminal' }),
  api_root: key(url.optional(), 'Where the Bot API is, if not at Telegram.', { by: 'terminal' }),
  webhook_url: key(
    url.optional(),
    'The public address that Telegram calls; with it updates are not polled for.',
    { by: 'terminal' },
  ),
  webhook_port: key(
    z.int().min(1).max(65_535).default(8787),
    'The port on this machine that a reverse proxy passes webhook_url on to.',
  ),
})

const signalTestServer = table({
  port: key(z.int().min(1).max(65_535), 'The port on localhost.', { by: 'terminal' }),
  ca: key(z.string(), 'The PEM file of its certificate authority.', { by: 'terminal' }),
  trust_root: key(z.string(), 'The key that signs sealed-sender certificates, in base64.', {
    by: 'terminal',
  }),
  zk_params: key(z.string(), 'The server’s public parameters, in base64.', { by: 'terminal' }),
  storage_url: key(url, 'Where its storage service is; loopback only.', { by: 'terminal' }),
  cdn_url: key(url, 'Where its attachments are; loopback only.', { by: 'terminal' }),
})

const signal = table({
  db_path: key(z.string().default('./db/signal.db'), 'Where the linked device’s keys are.', { hot: false }),
  verbose: key(z.boolean().default(false), 'Whether partial replies are sent at each tool step.', {
    by: 'chat',
  }),
  test_server: key(signalTestServer.optional(), 'A test server on this machine in place of Signal.', {
    by: 'terminal',
  }),
})

const discord = table({
  token: key(secret, 'The bot’s token, as "env:NAME".', { by: 'terminal' }),
  api_root: key(url.optional(), 'Where the REST API is, if not at Discord.', { by: 'terminal' }),
  gateway_url: key(
    z.url({ protocol: /^wss?$/, error: 'not a ws or wss address' }).optional(),
    'Where the gateway is, if not where the REST API says.',
    { by: 'terminal' },
  ),
})

export const channels = table({
  telegram: telegram.optional(),
  discord: discord.optional(),
  signal: signal.optional(),
})
