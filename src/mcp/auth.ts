// What goes with each request to a tool server: its key, or the token of a login, renewed when it is refused.
import type { AuthProvider, FetchLike } from '@modelcontextprotocol/client'
import { CoopError } from '../errors.ts'
import type { Logins } from './logins.ts'
import type { ToolServer } from './server.ts'

export interface Renewals {
  /** Brings a token other than `refused` into the logins, once for all that ask at a time. */
  renew(server: ToolServer, refused: string | undefined, fetchFn: FetchLike): Promise<void>
}

export const loginWanted = (name: string): CoopError =>
  new CoopError('tool_server_failed', `it wants a login; run \`coop mcp login ${name}\` at the terminal`)

/** Renews each server's token at most once at a time: a refresh token may be good for one use only. */
export function openRenewals(logins: Logins): Renewals {
  const running = new Map<string, Promise<void>>()
  return {
    renew(server, refused, fetchFn) {
      const { name } = server
      const known = running.get(name)
      if (known) return known
      const work = renewed(server, refused, logins, fetchFn).finally(() => running.delete(name))
      running.set(name, work)
      return work
    },
  }
}

export function authOf(server: ToolServer, logins: Logins, renewals: Renewals): AuthProvider | undefined {
  const { name, way } = server
  if (way.kind === 'program') return undefined
  const { key, url } = way
  if (key !== undefined) {
    return {
      token: async () => key,
      async onUnauthorized() {
        throw new CoopError('tool_server_failed', 'it refuses its api_key')
      },
    }
  }
  let used: string | undefined
  return {
    async token() {
      used = logins.read(name, url)?.tokens.access_token
      return used
    },
    onUnauthorized: ({ fetchFn }) => renewals.renew(server, used, fetchFn),
  }
}

async function renewed(
  { name, way }: ToolServer,
  refused: string | undefined,
  logins: Logins,
  fetchFn: FetchLike,
): Promise<void> {
  const login = way.kind === 'address' ? logins.read(name, way.url) : undefined
  if (!login) throw loginWanted(name)
  // Somebody else renewed it meanwhile.
  if (login.tokens.access_token !== refused) return
  const { refresh_token: refreshToken } = login.tokens
  if (refreshToken === undefined) throw loginWanted(name)
  const { OAuthError, OAuthErrorCode, refreshAuthorization } = await import('@modelcontextprotocol/client')
  const { authorizationServerUrl, authorizationServerMetadata: metadata } = login.discovery
  try {
    const tokens = await refreshAuthorization(authorizationServerUrl, {
      ...(metadata === undefined ? {} : { metadata }),
      clientInformation: login.client,
      refreshToken,
      ...(login.resource === undefined ? {} : { resource: new URL(login.resource) }),
      fetchFn,
    })
    const { issuer } = login.tokens
    logins.write(name, { ...login, tokens: { ...tokens, ...(issuer === undefined ? {} : { issuer }) } })
  } catch (error) {
    if (error instanceof OAuthError && error.code !== OAuthErrorCode.ServerError) throw loginWanted(name)
    throw error
  }
}
