// The docs say what the sources say.
import assert from 'node:assert/strict'
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { describeKeys } from '../../src/config/describe.ts'
import { parseConfig } from '../../src/config/parse.ts'
import { pages } from './pages.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const example = read('coop.toml.example')

test('config.md, errors.md and protocol.md are what their sources make of them (npm run docs)', () => {
  for (const [path, text] of Object.entries(pages)) assert.equal(read(path), text(), path)
})

test('coop.toml.example is valid as it stands', () => {
  assert.deepEqual(problemsOf(example), [])
})

test('coop.toml.example is valid with every key uncommented', () => {
  const all = example.replace(/^# (?=\[|[a-z_]+ = )/gm, '')
  assert.deepEqual(problemsOf(all.replace(/^\[provider\]\n[\s\S]*?\n\n/m, '')), [])
  assert.deepEqual(problemsOf(all.replace(/^\[\[providers\]\]\n[\s\S]*?\n\n/m, '')), [])
})

test('coop.toml.example names every key of the schema, in its table', () => {
  const tables = new Map<string, Set<string>>()
  let table = new Set<string>()
  for (const line of example.split('\n')) {
    const header = /^(?:# )?\[(.+)\]$/.exec(line)
    if (header) tables.set(header[1]!, (table = tables.get(header[1]!) ?? new Set()))
    const name = /^(?:# )?([a-z_]+) = /.exec(line)?.[1]
    if (name) table.add(name)
  }
  const missing = describeKeys().filter(key => !tables.get(key.table)?.has(key.name))
  assert.deepEqual(
    missing.map(key => `[${key.table}] ${key.name}`),
    [],
  )
})

test('coop.toml.example shows the default of every key that has one and is commented out', () => {
  const shown = new Map<string, string>()
  let table = ''
  for (const line of example.split('\n')) {
    table = /^(?:# )?\[(.+)\]$/.exec(line)?.[1] ?? table
    const [, name, value] = /^# ([a-z_]+) = (.+)$/.exec(line) ?? []
    if (name) shown.set(`${table}.${name}`, value!)
  }
  for (const { table: where, name, fallback } of describeKeys()) {
    const value = shown.get(`${where}.${name}`)
    if (value === undefined || fallback === undefined || /^[[{]/.test(fallback)) continue
    assert.equal(value, fallback, `[${where}] ${name}`)
  }
})

test('every link between the documents leads to a file', () => {
  const documents = globSync(['*.md', 'docs/**/*.md'], { cwd: root })
  for (const path of documents) {
    for (const [, target] of read(path).matchAll(/\]\((?!https?:|#)([^)#]+)/g))
      assert.ok(existsSync(join(root, dirname(path), target!)), `${path} links to ${target}`)
  }
})

test('architecture.md names every folder of src', () => {
  const page = read('docs/architecture.md')
  const folders = [
    ...readdirSync(join(root, 'src'), { withFileTypes: true }).filter(entry => entry.isDirectory()),
  ].map(entry => `src/${entry.name}/`)
  assert.deepEqual(
    folders.filter(folder => !page.includes(`\`${folder}\``)),
    [],
  )
})

test('AGENTS.md stays under a hundred lines', () => {
  assert.ok(read('AGENTS.md').split('\n').length < 100)
})

function problemsOf(text: string): readonly unknown[] {
  const parsed = parseConfig(text)
  return parsed.ok ? [] : parsed.problems
}
