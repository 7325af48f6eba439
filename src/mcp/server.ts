// A tool server as configured: how it is reached, and which level may use which of its tools.
import { resolve } from 'node:path'
import { atLeast, type Level, lowest } from '../access/levels.ts'
import type { Config } from '../config/load.ts'
import type { ToolServerSettings } from '../config/schema.ts'
import { wordsOf } from '../config/tool-servers.ts'

export interface Program {
  readonly kind: 'program'
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly files: 'none' | 'read' | 'write'
}

export interface Address {
  readonly kind: 'address'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  /** Its host may be in a private network. */
  readonly private: boolean
  /** A file of certificates to trust at its host instead of the usual authorities. */
  readonly ca: string | undefined
  /** Sent as a bearer token; undefined where a login may be needed. */
  readonly key: string | undefined
  readonly oauth: OAuthSettings
}

export interface OAuthSettings {
  readonly clientId: string | undefined
  readonly clientSecret: string | undefined
  readonly scope: string | undefined
  readonly port: number | undefined
}

export interface ToolServer {
  readonly name: string
  readonly about: string | undefined
  readonly way: Program | Address
  /** The lowest level that has it. */
  readonly trust: Level
  readonly timeoutMs: number
  /** Values of its secrets: what it says is shown without them. */
  readonly secrets: readonly string[]
  /** Secrets that the configuration names and the environment lacks. */
  readonly missing: readonly string[]
  allows(level: Level, tool: string): boolean
}

/** The servers of a configuration, by name. */
export function toolServersOf(config: Config): readonly ToolServer[] {
  return config.settings.mcp
    .map(settings => serverOf(settings, config))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

function serverOf(settings: ToolServerSettings, config: Config): ToolServer {
  const missing: string[] = []
  const found: string[] = []
  const secret = (text: string): string => {
    if (!text.startsWith('env:')) return text
    const value = config.secret(text)
    if (value === undefined) missing.push(text.slice('env:'.length))
    else found.push(value)
    return value ?? ''
  }
  const secrets = (table: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(table).map(([name, text]) => [name, secret(text)]))
  const optional = (text: string | undefined) => (text === undefined ? undefined : secret(text))
  const { name, about, command, url, oauth } = settings
  const way: ToolServer['way'] =
    url === undefined
      ? {
          kind: 'program',
          argv: typeof command === 'string' ? (wordsOf(command) ?? []) : (command ?? []),
          env: secrets(settings.env),
          files: settings.files,
        }
      : {
          kind: 'address',
          url: new URL(url),
          headers: secrets(settings.headers),
          private: settings.private,
          ca: settings.ca === undefined ? undefined : resolve(config.home, settings.ca),
          key: optional(settings.api_key),
          oauth: {
            clientId: oauth?.client_id,
            clientSecret: optional(oauth?.client_secret),
            scope: oauth?.scope,
            port: oauth?.port,
          },
        }
  return {
    name,
    about,
    way,
    trust: trustOf(settings),
    timeoutMs: settings.timeout_s * 1_000,
    secrets: found,
    missing,
    allows: (level, tool) => atLeast(level, trustOf(settings)) && listed(settings.tools, level, tool),
  }
}

function trustOf({ trust, tools }: ToolServerSettings): Level {
  if (trust !== undefined) return trust
  const named = tools === undefined || Array.isArray(tools) ? [] : (Object.keys(tools) as Level[])
  return named.length === 0 ? 'full' : lowest(...named)
}

/** A level has what its own line and those of lower levels name. */
function listed(tools: ToolServerSettings['tools'], level: Level, tool: string): boolean {
  if (tools === undefined) return true
  const patterns = Array.isArray(tools)
    ? tools
    : Object.entries(tools).flatMap(([of, names]) => (atLeast(level, of as Level) ? (names ?? []) : []))
  return patterns.some(pattern => matches(pattern, tool))
}

/** `*` stands for any letters. */
function matches(pattern: string, name: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  if (rest.length === 0) return first === name
  if (!name.startsWith(first)) return false
  let at = first.length
  for (const part of rest.slice(0, -1)) {
    const found = name.indexOf(part, at)
    if (found === -1) return false
    at = found + part.length
  }
  const last = rest.at(-1)!
  return name.length - last.length >= at && name.endsWith(last)
}
