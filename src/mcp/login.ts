// One login at a tool server: the browser goes there, and comes back to this computer with a code (RFC 6749, 7636, 8252).
import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import type {
  OAuthClientProvider,
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from '@modelcontextprotocol/client'
import { internet, type Net } from '../box/dial.ts'
import { CoopError, messageOf } from '../errors.ts'
import { createServer } from '../http/builtin.ts'
import { fetchFor } from './http.ts'
import type { Logins } from './logins.ts'
import { inLine } from './outside.ts'
import type { Address, ToolServer } from './server.ts'

export interface LoginOptions {
  readonly logins: Logins
  /** Shows the person where to go. */
  readonly show: (url: string) => void
  /** An address that the person pasted, where the browser is on another computer. */
  readonly pasted?: AsyncIterable<string>
  readonly net?: Net
}

/** Resolves once the tokens are kept. Throws `tool_server_failed` for what the server, the person or the clock refused. */
export async function logIn(server: ToolServer, options: LoginOptions, signal: AbortSignal): Promise<void> {
  const { name, way } = server
  if (way.kind === 'program' || way.key !== undefined)
    throw new CoopError(
      'input_invalid',
      `"${name}" takes no login: it is ${way.kind === 'program' ? 'a program' : 'given an api_key'}.`,
    )
  const { auth } = await import('@modelcontextprotocol/client')
  const state = randomBytes(24).toString('base64url')
  await using back = await listenForCode(way.oauth.port ?? 0, state)
  const held: Held = {}
  const provider = providerOf(way, back.url, state, held, options.show)
  const fetchFn = fetchFor(way, options.net ?? internet)
  const scope = way.oauth.scope === undefined ? {} : { scope: way.oauth.scope }
  const stopped = AbortSignal.any([signal, AbortSignal.timeout(waitMs)])
  try {
    const asked = await auth(provider, { serverUrl: way.url, fetchFn, ...scope })
    if (asked === 'REDIRECT') {
      const answer = await first([back.answer, pastedAnswer(options.pasted, state)], stopped)
      const refused = answer.get('error')
      if (refused !== null) throw new Error(`it was refused there (${inLine(refused, 60)})`)
      const iss = answer.get('iss')
      await auth(provider, {
        serverUrl: way.url,
        authorizationCode: answer.get('code') ?? '',
        ...(iss === null ? {} : { iss }),
        fetchFn,
        ...scope,
      })
    }
  } catch (error) {
    if (signal.aborted) throw new CoopError('aborted', 'The login was stopped.')
    const why = stopped.aborted ? 'nobody came back from the browser in time' : inLine(messageOf(error))
    throw new CoopError(
      'tool_server_failed',
      `The login at "${name}" failed: ${why}.`.replace(/\.\.$/, '.'),
      {
        cause: error,
      },
    )
  }
  const { client, tokens, discovery, resource } = held
  if (!client || !tokens || !discovery)
    throw new CoopError('tool_server_failed', `The login at "${name}" gave no token.`)
  options.logins.write(name, { url: way.url.href, client, tokens, discovery, resource })
}

const waitMs = 10 * 60_000

interface Held {
  client?: StoredOAuthClientInformation
  tokens?: StoredOAuthTokens
  discovery?: OAuthDiscoveryState
  resource?: string
  verifier?: string
}

function providerOf(
  { oauth }: Address,
  redirectUrl: string,
  state: string,
  held: Held,
  show: (url: string) => void,
): OAuthClientProvider {
  const given =
    oauth.clientId === undefined
      ? undefined
      : {
          client_id: oauth.clientId,
          ...(oauth.clientSecret === undefined ? {} : { client_secret: oauth.clientSecret }),
        }
  return {
    redirectUrl,
    clientMetadata: {
      client_name: 'Coop',
      redirect_uris: [redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: oauth.clientSecret === undefined ? 'none' : 'client_secret_post',
      ...(oauth.scope === undefined ? {} : { scope: oauth.scope }),
    },
    state: () => state,
    clientInformation: () => held.client ?? given,
    saveClientInformation: client => void (held.client = client),
    tokens: () => held.tokens,
    saveTokens: tokens => void (held.tokens = tokens),
    saveDiscoveryState: discovery => void (held.discovery = discovery),
    discoveryState: () => held.discovery,
    saveResourceUrl: resource => void (held.resource = resource),
    saveCodeVerifier: verifier => void (held.verifier = verifier),
    codeVerifier: () => held.verifier ?? '',
    redirectToAuthorization(url) {
      if (url.protocol !== 'https:' && url.protocol !== 'http:')
        throw new Error('it names no web address to log in at')
      show(url.href)
    },
  }
}

/** Waits on loopback for the browser, and takes nothing but an answer to this very login. */
async function listenForCode(port: number, state: string) {
  const { promise: answer, resolve } = Promise.withResolvers<URLSearchParams>()
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1')
    const fits = url.pathname === '/callback' && url.searchParams.get('state') === state
    response
      .writeHead(fits ? 200 : 404, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' })
      .end(fits ? 'Coop has what it needs. You can close this page.\n' : 'There is nothing here.\n')
    if (fits) resolve(url.searchParams)
  })
  await new Promise<void>((done, fail) => server.once('error', fail).listen(port, '127.0.0.1', done)).catch(
    cause => {
      throw new CoopError(
        'tool_server_failed',
        `Port ${port} for the login cannot be opened: ${messageOf(cause)}.`,
        {
          cause,
        },
      )
    },
  )
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`,
    answer,
    [Symbol.asyncDispose]: () =>
      new Promise<void>(done => {
        server.close(() => done())
        server.closeIdleConnections()
      }),
  }
}

/** The first pasted line that is an answer to this login; never, if none comes. */
async function pastedAnswer(
  lines: AsyncIterable<string> | undefined,
  state: string,
): Promise<URLSearchParams> {
  for await (const line of lines ?? []) {
    const text = line.trim()
    const found = URL.canParse(text) ? new URL(text).searchParams : undefined
    if (found?.get('state') === state) return found
  }
  return new Promise(() => {})
}

function first<T>(promises: readonly Promise<T>[], signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = () => reject(new Error('stopped'))
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  return Promise.race([...promises, promise]).finally(() => signal.removeEventListener('abort', abort))
}
