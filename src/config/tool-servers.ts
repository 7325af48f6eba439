// What a tool server's keys say together: a program or an address, and which keys go with it.
import { isIP } from 'node:net'
import type { Settings, ToolServerSettings } from './schema.ts'

export interface KeyProblem {
  readonly key: string
  readonly message: string
}

/** What is wrong with one entry of `[[mcp]]`; nothing if it fits. */
export function toolServerProblems(server: ToolServerSettings, settings: Settings): KeyProblem[] {
  const problems: KeyProblem[] = []
  const not = (key: string, message: string) => problems.push({ key, message })
  const { command, url, api_key: apiKey, headers, oauth } = server
  if ((command === undefined) === (url === undefined)) {
    not(
      url === undefined ? 'name' : 'url',
      `"${server.name}" needs either command or url${url ? ', not both' : ''}`,
    )
    return problems
  }
  if (command !== undefined) {
    for (const key of ['api_key', 'oauth'] as const)
      if (server[key] !== undefined) not(key, 'goes with url; a program takes its keys by env')
    if (server.ca !== undefined) not('ca', 'goes with url')
    if (Object.keys(headers).length > 0) not('headers', 'goes with url; a program takes its keys by env')
    if (typeof command === 'string' && wordsOf(command) === undefined)
      not('command', 'a quotation mark is not closed; write a list, like ["node", "server.js"]')
    if (typeof command === 'string' && wordsOf(command)?.length === 0) not('command', 'names no program')
  }
  if (url !== undefined) {
    if (Object.keys(server.env).length > 0)
      not('env', 'goes with command; a url takes its keys by api_key or headers')
    if (server.files !== 'none') not('files', 'goes with command')
    const { protocol, username, password, hostname } = new URL(url)
    if (username || password) not('url', 'holds a password; put it into headers as "env:NAME"')
    if (!server.private && protocol === 'http:')
      not('url', 'is not encrypted; write https, or private = true for a host of your own network')
    else if (!server.private && (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0 || !hostname.includes('.')))
      not('url', `${hostname} is not a public name; write private = true for a host of your own network`)
    if (apiKey !== undefined && oauth !== undefined) not('oauth', 'use either api_key or oauth, not both')
  }
  const keys = new Set(
    [...(settings.provider ? [settings.provider] : []), ...settings.providers].flatMap(one => one.api_keys),
  )
  for (const given of [...Object.values(server.env), ...Object.values(headers), apiKey])
    if (given !== undefined && (keys.has(given) || given === 'env:ANTHROPIC_API_KEY'))
      not(
        'name',
        `"${server.name}" would get the key of a model's provider, ${given}; give it one of its own`,
      )
  return problems
}

/** The words of a command line, with quotes; undefined when a quote is not closed. */
export function wordsOf(line: string): string[] | undefined {
  const words: string[] = []
  const rest = line.replace(/\s*((?:[^\s"']|"[^"]*"|'[^']*')+)/gy, (_, word: string) => {
    words.push(
      word.replace(/"([^"]*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? ''),
    )
    return ''
  })
  return rest.trim() === '' ? words : undefined
}
