// What [[mcp]] makes of a tool server: whose it is, which tools, which secrets.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configFrom } from '../../src/config/load.ts'
import { parseConfig } from '../../src/config/parse.ts'
import { wordsOf } from '../../src/config/tool-servers.ts'
import { toolServersOf } from '../../src/mcp/server.ts'

const agent = '[agent]\nid = "coop"\n'
const problemOf = (entry: string): string => {
  const parsed = parseConfig(`${agent}[[mcp]]\n${entry}`)
  return parsed.ok
    ? ''
    : parsed.problems.map(({ line, key, message }) => `${line} ${key}: ${message}`).join('\n')
}
const serverOf = (entry: string, env: Record<string, string> = {}) =>
  toolServersOf(configFrom(`${agent}[[mcp]]\n${entry}`, '/nowhere/coop.toml', 1, env))[0]!

test('a tool server is for full trust alone unless it says otherwise', () => {
  const plain = serverOf('name = "a"\ncommand = ["x"]')
  assert.equal(plain.trust, 'full')
  assert.ok(plain.allows('full', 'anything'))
  assert.ok(!plain.allows('inner', 'anything'))
  const shared = serverOf('name = "a"\ncommand = ["x"]\ntrust = "familiar"\ntools = ["get_*", "list"]')
  assert.deepEqual(
    ['get_mail', 'list', 'listing', 'forget_mail'].map(tool => shared.allows('familiar', tool)),
    [true, true, false, false],
  )
})

test('tools by level open the server from the lowest level named, and each level has those below it', () => {
  const server = serverOf('name = "a"\ncommand = ["x"]\ntools = { familiar = ["get"], full = ["*"] }')
  assert.equal(server.trust, 'familiar')
  assert.deepEqual(
    (['familiar', 'inner', 'full', 'public'] as const).map(level => [
      server.allows(level, 'get'),
      server.allows(level, 'set'),
    ]),
    [
      [true, false],
      [true, false],
      [true, true],
      [false, false],
    ],
  )
})

test('a star in the middle of a name stands for any letters, and no others', () => {
  const server = serverOf('name = "a"\ncommand = ["x"]\ntools = ["a*b*c", "*_x"]')
  const allowed = (tool: string) => server.allows('full', tool)
  assert.deepEqual(['abc', 'a1b2c', 'ac', 'abcd', 'y_x', '_x', 'x'].map(allowed), [
    true,
    true,
    false,
    false,
    true,
    true,
    false,
  ])
})

test('secrets are filled in, and those that are not set are named', () => {
  const server = serverOf(
    'name = "a"\ncommand = "run \'two words\'"\nenv = { A = "env:A_KEY", B = "plain", C = "env:GONE" }',
    {
      A_KEY: 'value',
    },
  )
  assert.deepEqual(server.way, {
    kind: 'program',
    argv: ['run', 'two words'],
    env: { A: 'value', B: 'plain', C: '' },
    files: 'none',
  })
  assert.deepEqual(server.missing, ['GONE'])
})

test('what does not go together is refused with line, key and what to do', () => {
  const wrong: [string, RegExp][] = [
    ['name = "a"', /^4 mcp\[0\]\.name: "a" needs either command or url$/],
    ['name = "a"\ncommand = ["x"]\nurl = "https://a.example.org"', /5|6.*not both/],
    ['name = "A b"\ncommand = ["x"]', /small letters/],
    ['name = "a"\nurl = "http://a.example.org/mcp"', /not encrypted; write https/],
    ['name = "a"\nurl = "https://127.0.0.1/mcp"', /not a public name; write private = true/],
    ['name = "a"\nurl = "https://nas/mcp"', /not a public name; write private = true/],
    ['name = "a"\nurl = "https://me:pw@a.example.org/mcp"', /holds a password/],
    ['name = "a"\nurl = "https://a.example.org"\nenv = { A = "b" }', /goes with command/],
    ['name = "a"\nurl = "https://a.example.org"\nfiles = "read"', /goes with command/],
    ['name = "a"\ncommand = ["x"]\napi_key = "env:A"', /goes with url/],
    ['name = "a"\nurl = "https://a.example.org"\napi_key = "literal"', /a secret stands here literally/],
    ['name = "a"\nurl = "https://a.example.org"\napi_key = "env:A"\noauth = { scope = "x" }', /not both/],
    [
      'name = "a"\nurl = "https://a.example.org"\napi_key = "env:ANTHROPIC_API_KEY"',
      /key of a model's provider/,
    ],
    ['name = "a"\ncommand = ["x"]\ntrust = "public"', /write "familiar", "inner" or "full"/],
    ['name = "a"\ncommand = ["x"]\ntools = { public = ["x"] }', /tools\.public: unknown key/],
    ['name = "a"\ncommand = "x \'y"', /quotation mark is not closed/],
    ['name = "a"\ncommand = []', /command: names no program/],
    ['name = "a"\ncomand = ["x"]', /did you mean "command"/],
    [
      'name = "a"\ncommand = ["x"]\n[[mcp]]\nname = "a"\ncommand = ["y"]',
      /belongs to another tool server already/,
    ],
  ]
  for (const [entry, expected] of wrong) assert.match(problemOf(entry), expected, entry)
  assert.equal(problemOf('name = "a"\nurl = "http://127.0.0.1:8080/mcp"\nprivate = true'), '')
})

test('a command line falls into words as a shell would have it', () => {
  assert.deepEqual(wordsOf('npx -y "@a/b c" d\'e f\''), ['npx', '-y', '@a/b c', 'de f'])
  assert.equal(wordsOf('a "b'), undefined)
  assert.deepEqual(wordsOf('  '), [])
})
