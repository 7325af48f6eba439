// Logins at tool servers, at rest: one file a server, for this user of the machine alone.
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type {
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from '@modelcontextprotocol/client'
import { CoopError } from '../errors.ts'

export interface Login {
  /** The server that it was made at: for another address it does not count. */
  readonly url: string
  readonly client: StoredOAuthClientInformation
  readonly tokens: StoredOAuthTokens
  readonly discovery: OAuthDiscoveryState
  /** What the tokens are for, as the server names itself. */
  readonly resource: string | undefined
}

export interface Logins {
  read(name: string, url: URL): Login | undefined
  write(name: string, login: Login): void
  /** Returns whether there was one. */
  remove(name: string): boolean
}

export const loginsFolder = (databases: string): string => join(databases, 'tool-servers')

/** `folder` is made when it is first needed. */
export function openLogins(folder: string): Logins {
  const path = (name: string) => join(folder, `${name}.json`)
  return {
    read(name, url) {
      let text: string
      try {
        text = readFileSync(path(name), 'utf8')
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw new CoopError('file_unreadable', `${path(name)} cannot be read; check its permissions.`, {
          cause,
        })
      }
      try {
        const login = JSON.parse(text) as Login
        return login.url === url.href ? login : undefined
      } catch (cause) {
        throw new CoopError('file_unreadable', `${path(name)} is damaged; run \`coop mcp login ${name}\`.`, {
          cause,
        })
      }
    },
    write(name, login) {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      chmodSync(folder, 0o700)
      // A crash half-way leaves the old one.
      const fresh = `${path(name)}.${randomBytes(4).toString('hex')}`
      writeFileSync(fresh, `${JSON.stringify(login)}\n`, { mode: 0o600, flag: 'wx' })
      renameSync(fresh, path(name))
    },
    remove(name) {
      try {
        rmSync(path(name))
        return true
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
        throw error
      }
    },
  }
}
