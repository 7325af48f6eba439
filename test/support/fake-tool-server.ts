// A tool server at an address on loopback: open, behind a key, or behind a login with PKCE and refresh tokens.
import { createHash, randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { bodyOf, type Loopback, openLoopback, sendJson } from './loopback.ts'

export interface FakeToolServer extends AsyncDisposable {
  /** Where the protocol is spoken. */
  readonly url: string
  /** Names of the tools that were called, in order. */
  readonly calls: string[]
  /** Paths of all requests, in order. */
  readonly asked: string[]
  readonly authorizations: (string | undefined)[]
  /** What is done with the next calls of a tool. */
  mode: 'well' | 'hang' | 'cut' | 'error'
  /** Access tokens given out so far count no more; a refresh gives a new one. */
  expire(): void
  /** Refresh tokens count no more either. */
  forget(): void
  /** How often a token was given for a refresh token. */
  refreshes: number
}

export interface FakeToolServerOptions {
  /** The bearer token that is wanted. */
  readonly key?: string
  readonly login?: boolean
  /** A client that was registered beforehand; then none registers by itself. */
  readonly client?: { readonly id: string; readonly secret: string; readonly port: number }
  readonly tls?: { readonly cert: string; readonly key: string }
  /** Where all requests are sent on to. */
  readonly redirect?: string
}

const tools = [
  { name: 'find_mail', description: 'Finds letters by their words.', inputSchema: { type: 'object' } },
  { name: 'send_mail', description: 'Sends a letter.', inputSchema: { type: 'object' } },
]

export async function openFakeToolServer(options: FakeToolServerOptions = {}): Promise<FakeToolServer> {
  const codes = new Map<string, { challenge: string; redirect: string; client: string }>()
  const clients = new Map<string, string[]>()
  if (options.client) clients.set(options.client.id, [`http://127.0.0.1:${options.client.port}/callback`])
  const access = new Set<string>()
  const refresh = new Set<string>()
  const loopback: Loopback = await openLoopback(answer, options.tls)
  const base = loopback.url
  const fake: FakeToolServer = {
    url: `${base}/mcp`,
    calls: [],
    asked: [],
    authorizations: [],
    mode: 'well',
    refreshes: 0,
    expire: () => access.clear(),
    forget() {
      access.clear()
      refresh.clear()
    },
    [Symbol.asyncDispose]: () => loopback[Symbol.asyncDispose](),
  }
  return fake

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', base)
    fake.asked.push(url.pathname)
    if (options.redirect !== undefined) {
      response.writeHead(307, { location: options.redirect }).end()
      return
    }
    const body = (await bodyOf(request)).toString()
    if (url.pathname === '/mcp') return protocol(request, response, body)
    if (!options.login) return void response.writeHead(404).end()
    const form = new URLSearchParams(body)
    const pages: Record<string, () => void> = {
      '/.well-known/oauth-protected-resource/mcp': () =>
        sendJson(response, 200, {
          resource: `${base}/mcp`,
          authorization_servers: [base],
          scopes_supported: ['mail'],
        }),
      '/.well-known/oauth-authorization-server': () =>
        sendJson(response, 200, {
          issuer: base,
          authorization_endpoint: `${base}/authorize`,
          token_endpoint: `${base}/token`,
          ...(options.client ? {} : { registration_endpoint: `${base}/register` }),
          response_types_supported: ['code'],
          grant_types_supported: ['authorization_code', 'refresh_token'],
          code_challenge_methods_supported: ['S256'],
          token_endpoint_auth_methods_supported: [options.client ? 'client_secret_post' : 'none'],
        }),
      '/register': () => {
        if (options.client) return void response.writeHead(404).end()
        const wish = JSON.parse(body) as { redirect_uris: string[] }
        const id = `client-${clients.size + 1}`
        clients.set(id, wish.redirect_uris)
        sendJson(response, 201, { ...wish, client_id: id })
      },
      '/authorize': () => {
        const asked = url.searchParams
        const redirect = asked.get('redirect_uri') ?? ''
        const client = asked.get('client_id') ?? ''
        const fits = asked.get('code_challenge_method') === 'S256' && clients.get(client)?.includes(redirect)
        if (!fits) return void response.writeHead(400).end()
        const code = randomBytes(8).toString('hex')
        codes.set(code, { challenge: asked.get('code_challenge') ?? '', redirect, client })
        const back = new URL(redirect)
        back.search = new URLSearchParams({ code, state: asked.get('state') ?? '' }).toString()
        response.writeHead(302, { location: back.href }).end()
      },
      '/token': () => {
        const given = grant(form)
        if (!given) return sendJson(response, 400, { error: 'invalid_grant' })
        sendJson(response, 200, given)
      },
    }
    const page = pages[url.pathname]
    if (page) page()
    else response.writeHead(404).end()
  }

  function grant(form: URLSearchParams) {
    const { client } = options
    if (client && (form.get('client_id') !== client.id || form.get('client_secret') !== client.secret))
      return undefined
    if (form.get('grant_type') === 'authorization_code') {
      const code = codes.get(form.get('code') ?? '')
      codes.delete(form.get('code') ?? '')
      const verifier = createHash('sha256')
        .update(form.get('code_verifier') ?? '')
        .digest('base64url')
      if (!code || code.challenge !== verifier || code.redirect !== form.get('redirect_uri')) return undefined
      return tokens()
    }
    // A refresh token is good for one use.
    if (!refresh.delete(form.get('refresh_token') ?? '')) return undefined
    fake.refreshes++
    return tokens()
  }

  function tokens() {
    const [one, other] = [randomBytes(12).toString('hex'), randomBytes(12).toString('hex')]
    access.add(one)
    refresh.add(other)
    return { access_token: one, refresh_token: other, token_type: 'Bearer', expires_in: 3_600 }
  }

  async function protocol(request: IncomingMessage, response: ServerResponse, body: string): Promise<void> {
    const { authorization } = request.headers
    fake.authorizations.push(authorization)
    const token = authorization?.replace(/^Bearer /, '')
    const open = options.login
      ? token !== undefined && access.has(token)
      : options.key === undefined || token === options.key
    if (!open) {
      const where = `Bearer resource_metadata="${base}/.well-known/oauth-protected-resource/mcp"`
      response.writeHead(401, options.login ? { 'www-authenticate': where } : {}).end()
      return
    }
    if (request.method !== 'POST') return void response.writeHead(405).end()
    const { id, method, params } = JSON.parse(body) as {
      id?: number
      method: string
      params?: { protocolVersion?: string; name?: string; arguments?: unknown }
    }
    if (id === undefined) return void response.writeHead(202).end()
    const reply = (result: unknown) => sendJson(response, 200, { jsonrpc: '2.0', id, result })
    if (method === 'initialize')
      return reply({
        protocolVersion: params?.protocolVersion,
        capabilities: { tools: {} },
        serverInfo: { name: 'mail', version: '2.0.0' },
      })
    if (method === 'tools/list') return reply({ tools })
    if (method !== 'tools/call')
      return sendJson(response, 200, { jsonrpc: '2.0', id, error: { code: -32601, message: 'unknown' } })
    fake.calls.push(params?.name ?? '')
    if (fake.mode === 'hang') return
    if (fake.mode === 'cut') return void response.destroy()
    if (fake.mode === 'error') return void response.writeHead(500).end('the database is gone')
    // As a stream of events, the other form that an answer may have.
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const result = { content: [{ type: 'text', text: JSON.stringify(params?.arguments ?? {}) }] }
    response.end(`event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', id, result })}\n\n`)
  }
}
