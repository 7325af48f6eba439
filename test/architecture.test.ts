// The rooms and who may enter which: read from the sources themselves.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

interface Import {
  readonly from: string
  /** A path from the root for our own files, else the name of a package. */
  readonly to: string
  readonly text: string
}

const sources = globSync(['src/**/*.ts', 'channels/**/*.ts'], { cwd: root }).map(path => ({
  path,
  text: readFileSync(join(root, path), 'utf8'),
}))

const imports: readonly Import[] = sources.flatMap(({ path, text }) =>
  [...text.matchAll(/(?:^|\n)(import|export)\b([^'"`;]*?)from\s*'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/g)].map(
    ([whole, , , named, lazy]) => {
      const to = (named ?? lazy)!
      return {
        from: path,
        to: to.startsWith('.') ? relative(root, join(root, dirname(path), to)) : to,
        text: whole.trim(),
      }
    },
  ),
)
const own = imports.filter(({ to }) => /^(src|channels)\//.test(to))

/** Lowest first: a room may import its own tier and those before it. */
const tiers = [
  ['durable', 'errors', 'http', 'log', 'package', 'protocol', 'trace'],
  ['channel'],
  ['access', 'store'],
  ['config', 'memory', 'box', 'web', 'mcp', 'tools'],
  ['desk'],
  ['agent', 'delivery'],
  ['gateway'],
  ['coop'],
  ['cli'],
  ['main', 'bin'],
]
const roomOf = (path: string): string => path.replace(/^src\//, '').split(/[/.]/)[0]!
const tierOf = (path: string): number => tiers.findIndex(rooms => rooms.includes(roomOf(path)))
const isTerminal = (path: string): boolean => path.startsWith('src/terminal/')
const said = (found: readonly Import[]): string[] => found.map(({ from, to }) => `${from} imports ${to}`)
const matching = (pattern: RegExp) =>
  sources
    .filter(({ text }) => pattern.test(text.replace(/^\s*(\/\/|\*|\/\*).*$/gm, '')))
    .map(({ path }) => path)

test('every file of src belongs to a room of the table', () => {
  const strangers = sources
    .filter(({ path }) => path.startsWith('src/') && !isTerminal(path) && tierOf(path) === -1)
    .map(({ path }) => path)
  assert.deepEqual(strangers, [])
  assert.ok(own.length > 200, 'the imports were not read')
})

test('no room imports a room above it', () => {
  const back = own.filter(
    ({ from, to }) =>
      from.startsWith('src/') &&
      to.startsWith('src/') &&
      !isTerminal(from) &&
      !isTerminal(to) &&
      tierOf(from) < tierOf(to),
  )
  assert.deepEqual(said(back), [])
})

test('only coop.ts and cli enter the channels', () => {
  const wrong = own.filter(
    ({ from, to }) =>
      from.startsWith('src/') && to.startsWith('channels/') && tierOf(from) < tierOf('src/coop.ts'),
  )
  assert.deepEqual(said(wrong), [])
})

test('no file and no room imports itself in a circle', () => {
  const files = new Map<string, Set<string>>()
  const rooms = new Map<string, Set<string>>()
  const link = (graph: Map<string, Set<string>>, from: string, to: string) => {
    if (from === to) return
    const next = graph.get(from)
    if (next) next.add(to)
    else graph.set(from, new Set([to]))
  }
  for (const { from, to } of own) {
    link(files, from, to)
    if (from.startsWith('src/') && to.startsWith('src/')) link(rooms, roomOf(from), roomOf(to))
  }
  assert.deepEqual(circleIn(files), [])
  assert.deepEqual(circleIn(rooms), [])
})

test('a channel imports the contract, the errors, the log, the protocol, the wire, the flush, its own folder and what channels share', () => {
  const allowed =
    /^(src\/(channel\.ts|durable\.ts|errors\.ts|log\.ts|http\/|protocol\/)|channels\/(?!index\.ts)[^/]+\.ts$)/
  const wrong = own.filter(({ from, to }) => {
    if (!from.startsWith('channels/') || from === 'channels/index.ts') return false
    const folder = /^channels\/[^/]+\//.exec(from)?.[0]
    return !allowed.test(to) && !(folder && to.startsWith(folder))
  })
  assert.deepEqual(said(wrong), [])
})

test('the terminal client stands on the protocol alone, and only commands use it', () => {
  const wrong = own.filter(
    ({ from, to }) =>
      (isTerminal(from) && !isTerminal(to) && !/^src\/(protocol\/|errors\.ts)/.test(to)) ||
      (isTerminal(to) && !isTerminal(from) && roomOf(from) !== 'cli'),
  )
  assert.deepEqual(said(wrong), [])
})

test('SQL stands in store, in memory and in a channel’s own store', () => {
  const sql =
    /\b(?:SELECT\s[\s\S]{1,400}?\sFROM|INSERT\s+(?:OR\s+\w+\s+)?INTO|DELETE\s+FROM|UPDATE\s+\w+\s+SET)\s/
  const allowed = /^(src\/(store|memory)\/|channels\/\w+\/store)/
  assert.deepEqual(
    matching(sql).filter(path => !allowed.test(path)),
    [],
  )
  const drivers = imports.filter(
    ({ from, to }) => /^(better-sqlite3|node:sqlite|sqlite-vec)$/.test(to) && !allowed.test(from),
  )
  assert.deepEqual(said(drivers), [])
})

test('a provider’s SDK is imported in agent/models alone', () => {
  const wrong = imports.filter(
    ({ from, to }) => /^(@anthropic-ai\/|openai\b)/.test(to) && !from.startsWith('src/agent/models/'),
  )
  assert.deepEqual(said(wrong), [])
})

test('a channel’s SDK is imported in its own folder alone', () => {
  const homes: readonly (readonly [RegExp, string])[] = [
    [/^(grammy|@grammyjs\/)/, 'channels/telegram/'],
    [/^(discord\.js|@discordjs\/|ws$)/, 'channels/discord/'],
    [/^(@signalapp\/|libsignal)/, 'channels/signal/'],
  ]
  const wrong = imports.filter(({ from, to }) =>
    homes.some(([sdk, folder]) => sdk.test(to) && !from.startsWith(folder)),
  )
  assert.deepEqual(said(wrong), [])
})

test('the tool servers’ SDK is loaded in mcp alone, and only when a server is asked for', () => {
  const wrong = imports.filter(
    ({ from, to, text }) =>
      to.startsWith('@modelcontextprotocol/') &&
      (!from.startsWith('src/mcp/') || !/^import (type |\()/.test(text)) &&
      !(from.startsWith('src/mcp/') && text.startsWith('import(')),
  )
  assert.deepEqual(said(wrong), [])
})

test('environment variables are read in config/environment.ts alone', () => {
  assert.deepEqual(
    matching(/\bprocess\.env\b/).filter(path => path !== 'src/config/environment.ts'),
    [],
  )
})

test('signals and exit codes are touched in main.ts alone', () => {
  const found = matching(/\bprocess\.(exit\b|exitCode|on\(|once\()/)
  assert.deepEqual(
    found.filter(path => path !== 'src/main.ts'),
    [],
  )
})

test('child processes are started in box and in the service commands alone', () => {
  const wrong = imports.filter(
    ({ from, to }) =>
      /^(node:)?(child_process|cluster)$/.test(to) && !/^src\/(box|cli\/service)\//.test(from),
  )
  assert.deepEqual(said(wrong), [])
})

test('a clearance is issued in access alone', () => {
  const importers = imports
    .filter(({ to, text }) => to === 'src/access/clearance.ts' && /\bissue\b|\*\s+as\b/.test(text))
    .map(({ from }) => from)
  assert.deepEqual(
    importers.filter(path => !path.startsWith('src/access/')),
    [],
  )
})

test('tools see hands: no store, no desk, no clearance', () => {
  const wrong = own.filter(
    ({ from, to }) =>
      from.startsWith('src/tools/') && /^src\/(store\/(?!entry\.ts)|desk\/|access\/(?!levels\.ts))/.test(to),
  )
  assert.deepEqual(said(wrong), [])
})

test('a file begins with its promise in one comment line', () => {
  const without = globSync(['{src,channels,test}/**/*.{ts,js,mjs}'], { cwd: root }).filter(
    path => !/^(#!.*\n)?\/\/ \S/.test(readFileSync(join(root, path), 'utf8')),
  )
  assert.deepEqual(without, [])
})

test('Node’s HTTP is entered by one door, which leaves undici behind', () => {
  const wrong = imports.filter(
    ({ from, to, text }) =>
      /^(node:)?http$/.test(to) && from !== 'src/http/builtin.ts' && !text.startsWith('import type'),
  )
  assert.deepEqual(said(wrong), [])
})

/** The first circle found, as the names on it; nothing if there is none. */
function circleIn(graph: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const done = new Set<string>()
  const path: string[] = []
  const visit = (node: string): string[] => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node]
    if (done.has(node)) return []
    path.push(node)
    for (const next of graph.get(node) ?? []) {
      const found = visit(next)
      if (found.length > 0) return found
    }
    path.pop()
    done.add(node)
    return []
  }
  for (const node of graph.keys()) {
    const found = visit(node)
    if (found.length > 0) return found
  }
  return []
}
