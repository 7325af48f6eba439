// `coop memory`: the same as by chat, in the view of whoever asks.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { test } from 'node:test'
import type { Cli } from '../../src/cli/command.ts'
import { memory } from '../../src/cli/memory.ts'

interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
  readonly lines: unknown[]
}

class Terminal implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'coop-cli-'))
  constructor() {
    this.file(
      'coop.toml',
      `[agent]\nid = "coop"\n
       [[users]]\nname = "Alice"\ntrust = "full"\nmatch = ["terminal:default"]\n
       [[users]]\nname = "Bob"\ntrust = "inner"\n
       [[users]]\nname = "Carol"\ntrust = "familiar"\n`,
    )
  }
  file(name: string, text: string): string {
    writeFileSync(join(this.folder, name), text)
    return join(this.folder, name)
  }
  async run(args: string[], stdin = ''): Promise<Ran> {
    const [out, err] = [capture(), capture()]
    const cli: Cli = {
      stdin: Readable.from(stdin === '' ? [] : [stdin]),
      stdout: out,
      stderr: err,
      surroundings: { logLevel: 'silent', traceFile: undefined, color: false, home: this.folder },
      config: join(this.folder, 'coop.toml'),
      signal: AbortSignal.timeout(20_000),
    }
    const code = await memory.run(args, cli)
    const text = out.text()
    const lines = text.split('\n').flatMap(line => (/^[[{]/.test(line) ? [JSON.parse(line) as unknown] : []))
    return { code, out: text, err: err.text(), lines }
  }
  [Symbol.dispose]() {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

function capture() {
  const chunks: Buffer[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk)
      done()
    },
  })
  return Object.assign(stream, { text: () => Buffer.concat(chunks).toString() })
}

const turn = (ref: string, text: string, more: Record<string, unknown> = {}) =>
  JSON.stringify({
    kind: 'turn',
    store: 'social',
    text,
    said_by: 'Carol',
    session: 's',
    seq: Number(ref),
    at: '2023-05-08T13:56:00.000Z',
    ref,
    ...more,
  })

test('import, search and export round-trip, refs and all', async () => {
  using one = new Terminal()
  const lines = [
    turn('1', 'The heron nests at the lake'),
    turn('2', 'It has three eggs', { said_by: 'Bob', people: ['Carol'] }),
    JSON.stringify({
      kind: 'fact',
      store: 'shared',
      text: 'Bob keeps bees',
      title: 'Bees',
      at: '2023-06-01T00:00:00.000Z',
    }),
    turn('4', 'Only mine', { store: 'personal', owner: 'alice', level: 'inner' }),
  ]
  const file = one.file('in.jsonl', `${lines.join('\n')}\n`)
  assert.match((await one.run(['import', file])).out, /^4 imported\./)
  const found = await one.run(['search', 'where does the heron nest', '--json'])
  const [first] = found.lines[0] as Record<string, unknown>[]
  assert.deepEqual(
    { ...first, id: '' },
    {
      id: '',
      ref: '1',
      store: 'social',
      kind: 'turn',
      text: 'The heron nests at the lake',
      said_by: 'Carol',
      at: '2023-05-08T13:56:00.000Z',
    },
  )
  const exported = (await one.run(['export'])).out
  using two = new Terminal()
  await two.run(['import', two.file('in.jsonl', exported)])
  assert.deepEqual((await two.run(['export'])).out.split('\n').sort(), exported.split('\n').sort())
  assert.deepEqual(
    exported
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
      .map(line => line.text)
      .sort(),
    lines.map(line => JSON.parse(line).text).sort(),
  )
  assert.match((await two.run(['import', '-'], exported)).out, /^0 imported, 4 known already\./)
})

test('broken lines are reported by line and the rest is imported', async () => {
  using home = new Terminal()
  const lines = [
    turn('1', 'Good'),
    'not json',
    '{"kind":"turn"}',
    turn('4', 'x'.repeat(70_000)),
    turn('5', 'No such store', { store: 'attic' }),
    turn('6', 'Good too'),
    turn('8', 'Above Bob', { store: 'personal', owner: 'bob', level: 'full' }),
    '{"kind":"turn","text":"t","at":"yesterday"}',
  ]
  const { code, out, err } = await home.run(['import', '-'], lines.join('\n'))
  assert.equal(code, 1)
  assert.match(out, /^2 imported, 6 broken\./)
  assert.deepEqual(
    err
      .trim()
      .split('\n')
      .map(line => /line (\d+)/.exec(line)![1]),
    ['2', '3', '4', '5', '7', '8'],
  )
})

test('a field that import does not read is named once, and the lines are imported', async () => {
  using home = new Terminal()
  const lines = [
    turn('1', 'Good'),
    turn('2', 'Fine', { speaker: 'Bob' }),
    turn('3', 'Well', { speaker: 'Bob' }),
  ]
  const { code, out, err } = await home.run(['import', '-'], lines.join('\n'))
  assert.equal(code, 0)
  assert.match(out, /^3 imported\./)
  assert.match(err, /^coop: line 2: "speaker" is not read.* said_by/)
  assert.equal(err.trim().split('\n').length, 1)
})

test('many questions are answered in order from one process', async () => {
  using home = new Terminal()
  await home.run(
    ['import', '-'],
    [turn('1', 'The heron nests'), turn('2', 'The bees swarm', { session: 't' })].join('\n'),
  )
  const questions = home.file('q.jsonl', '{"q":"bees"}\n{"q":"zebra"}\n{"q":"heron"}\n')
  const { lines } = await home.run(['search', '--queries', questions, '--limit', '1', '--json'])
  assert.deepEqual(
    (lines as { ref: string }[][]).map(line => line.map(memo => memo.ref)),
    [['2'], [], ['1']],
  )
})

test('--as takes the view of somebody who is not above the terminal’s own person', async () => {
  using home = new Terminal()
  await home.run(
    ['import', '-'],
    [
      turn('1', 'Heron in private', { store: 'private' }),
      turn('2', 'Heron of Bob', { store: 'personal', owner: 'bob' }),
      turn('3', 'Heron in shared', { store: 'shared' }),
    ].join('\n'),
  )
  const seen = async (...more: string[]) =>
    ((await home.run(['search', 'heron', '--json', ...more])).lines[0] as { ref: string }[])
      .map(memo => memo.ref)
      .sort()
  assert.deepEqual(await seen(), ['1', '3'])
  assert.deepEqual(await seen('--as', 'bob'), ['2', '3'])
  assert.deepEqual(await seen('--as', 'Carol'), [])
  assert.deepEqual(await seen('--store', 'shared'), ['3'])
  home.file(
    'coop.toml',
    '[agent]\nid = "coop"\n[[users]]\nname = "Alice"\ntrust = "full"\n[[users]]\nname = "Bob"\ntrust = "inner"\nmatch = ["terminal:default"]\n',
  )
  assert.deepEqual(await seen(), ['2', '3'])
  await assert.rejects(home.run(['search', 'heron', '--as', 'alice']), { code: 'not_found' })
  await assert.rejects(home.run(['search', 'heron', '--as', 'nobody']), { code: 'not_found' })
  await assert.rejects(home.run(['search', 'heron', '--store', 'private']), { code: 'not_found' })
})

test('--as-of finds what was so on a day, and refuses what is no date', async () => {
  using home = new Terminal()
  const fact = (text: string, at: string) =>
    JSON.stringify({ kind: 'fact', store: 'shared', text, at, ref: text })
  await home.run(['import', '-'], fact('The heron nests at the lake', '2024-01-10T00:00:00Z'))
  const onDay = async (day: string) =>
    ((await home.run(['search', 'heron', '--as-of', day, '--json'])).lines[0] as { ref: string }[]).map(
      memo => memo.ref,
    )
  assert.deepEqual(await onDay('2024-01-09'), [])
  assert.deepEqual(await onDay('2024-01-11'), ['The heron nests at the lake'])
  await assert.rejects(home.run(['search', 'heron', '--as-of', 'yesterday']), {
    code: 'usage_wrong',
    message: /write a date as 2026-01-31/,
  })
})

test('list, stats and forget work from the terminal', async () => {
  using home = new Terminal()
  await home.run(['import', '-'], [turn('1', 'The heron nests'), turn('2', 'The bees swarm')].join('\n'))
  const [listed] = (await home.run(['list', '--json'])).lines as { id: string; text: string }[][]
  assert.equal(listed!.length, 2)
  assert.match((await home.run(['stats'])).out, /social: 2 turns, 0 facts/)
  assert.match((await home.run(['forget', listed![0]!.id])).out, /^1 forgotten/)
  assert.match((await home.run(['forget', '--query', listed![1]!.text])).out, /^1 forgotten/)
  await assert.rejects(home.run(['forget', listed![0]!.id]), { code: 'not_found' })
  assert.equal((await home.run(['search', 'heron'])).out, 'Nothing found.\n')
})

test('wrong usage says what is right', async () => {
  using home = new Terminal()
  for (const args of [
    [],
    ['fly'],
    ['search'],
    ['search', 'x', '--limit', '0'],
    ['search', 'x', '--limit', 'many'],
    ['search', 'x', '--fast'],
    ['import'],
    ['forget'],
    ['toString'],
  ]) {
    await assert.rejects(home.run(args), { code: 'usage_wrong' }, args.join(' '))
  }
  await assert.rejects(home.run(['import', join(home.folder, 'none.jsonl')]), { code: 'file_unreadable' })
  await assert.rejects(home.run(['search', '--queries', '-'], 'nonsense\n'), { code: 'input_invalid' })
})
