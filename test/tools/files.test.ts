// Edits, listings and searches of files, as the tools do them.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, linkSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { boxHandOf } from '../../src/box/hand.ts'
import { bash } from '../../src/tools/bash.ts'
import { applyEdits, editFile } from '../../src/tools/edit-file.ts'
import { glob } from '../../src/tools/glob.ts'
import { grep } from '../../src/tools/grep.ts'
import type { Hands } from '../../src/tools/hands.ts'
import { readFile } from '../../src/tools/read-file.ts'
import type { Tool } from '../../src/tools/tool.ts'
import { writeFile } from '../../src/tools/write-file.ts'
import { boxTests, openRig } from '../box/rig.ts'

describe('the file and shell tools', boxTests, () => {
  const rig = openRig({ toml: '[box.full]\negress = "none"\n' })
  const hands = new Map<string, Hands>()
  const call = async (tool: Tool, input: unknown, who = 'alice') => {
    const result = await tool.run(tool.input.parse(input), hands.get(who)!, rig.signal)
    return result
  }
  const at = (path: string) => join(rig.workspace, path)
  before(async () => {
    rig.put('notes.md', 'one\ntwo\nthree\n')
    rig.put('src/a.ts', 'const alpha = 1\n')
    rig.put('src/deep/b.ts', 'const beta = 2\nconst alpha = 3\n')
    rig.put('node_modules/x/c.ts', 'const alpha = 4\n')
    rig.put('binary.bin', 'a\0b')
    rig.put('users/carol/own.md', 'of carol')
    rig.put('big', '')
    truncateSync(at('big'), 10 * 1024 ** 3)
    execFileSync('mkfifo', [at('pipe')])
    for (const who of ['alice', 'carol']) {
      const box = (await rig.boxes.open(rig.direct(who), () => 'full', rig.signal))!
      hands.set(who, {
        box: boxHandOf(box, { id: `call-${who}`, seen: () => 'full', sanctioned: () => false }),
        web: null,
      } as Hands)
    }
  })
  after(() => rig[Symbol.dispose]())

  test('are there by level', () => {
    const none = { box: null, web: null } as Hands
    for (const tool of [bash, writeFile, editFile]) {
      assert.ok(tool.available(hands.get('alice')!))
      assert.ok(!tool.available(hands.get('carol')!))
    }
    for (const tool of [readFile, glob, grep]) {
      assert.ok(tool.available(hands.get('carol')!))
      assert.ok(!tool.available(none))
    }
  })
  test('read_file reads lines and says where more is', async () => {
    assert.equal((await call(readFile, { path: 'notes.md' })).text, 'one\ntwo\nthree')
    assert.equal(
      (await call(readFile, { path: 'notes.md', line: 2, lines: 1 })).text,
      'two\n[more follows: line 3; the file has 14 bytes]',
    )
    assert.ok((await call(readFile, { path: 'notes.md', line: 9 })).isError)
    assert.equal((await call(readFile, { path: 'users/carol/own.md' }, 'carol')).text, 'of carol')
  })
  test('read_file refuses what is no text file, at once', async () => {
    for (const path of ['pipe', '/dev/zero', '/dev/tty', 'a\0b', 'x'.repeat(4_096), '']) {
      await assert.rejects(async () => call(readFile, { path }), path)
    }
    await assert.rejects(call(readFile, { path: 'src' }), /is a folder/)
    assert.match((await call(readFile, { path: 'binary.bin' })).text, /binary file of 3 bytes/)
    assert.match((await call(readFile, { path: 'big' })).text, /binary file of 10737418240 bytes/)
  })
  test('a path leads to nothing outside the box, however it is written', async () => {
    writeFileSync(join(rig.home, 'secret'), 'hidden')
    const paths = [
      '../secret',
      '../../../../../../../../../../../../etc/shadow',
      join(rig.home, 'secret'),
      '/proc/1/root/etc/shadow',
      '/work/../secret',
      'users/bob/personal/x',
    ]
    for (const path of paths)
      await assert.rejects(call(readFile, { path }), /does not exist|cannot be read/, path)
  })
  test('write_file makes folders, keeps the mode, and leaves nothing half-written', async () => {
    await call(writeFile, { path: 'new/folder/a.sh', content: 'echo 1' })
    chmodSync(at('new/folder/a.sh'), 0o755)
    await call(writeFile, { path: 'new/folder/a.sh', content: 'echo 2' })
    assert.equal(readFileSync(at('new/folder/a.sh'), 'utf8'), 'echo 2')
    assert.equal(statSync(at('new/folder/a.sh')).mode & 0o777, 0o755)
    for (const path of ['pipe', 'src', '/usr/x', '/dev/null'])
      await assert.rejects(call(writeFile, { path, content: 'x' }), path)
    assert.equal((await call(glob, { pattern: '**/.writing*' })).text, '(no files)')
  })
  test('edit_file makes all edits or none', async () => {
    await call(editFile, {
      path: 'src/a.ts',
      edits: [
        { old: 'alpha', new: 'gamma' },
        { old: 'gamma = 1', new: 'gamma = 5' },
      ],
    })
    assert.equal(readFileSync(at('src/a.ts'), 'utf8'), 'const gamma = 5\n')
    await assert.rejects(
      call(editFile, {
        path: 'src/a.ts',
        edits: [
          { old: 'gamma', new: 'x' },
          { old: 'absent', new: 'y' },
        ],
      }),
      /Edit 2 of 2.*not in the file/,
    )
    await assert.rejects(
      call(editFile, { path: 'src/deep/b.ts', edits: [{ old: 'const', new: 'let' }] }),
      /there 2 times/,
    )
    assert.equal(readFileSync(at('src/a.ts'), 'utf8'), 'const gamma = 5\n')
    await call(editFile, { path: 'src/deep/b.ts', edits: [{ old: 'const', new: 'let', all: true }] })
    assert.match(readFileSync(at('src/deep/b.ts'), 'utf8'), /let beta.*\nlet alpha/)
    await assert.rejects(
      call(editFile, { path: 'binary.bin', edits: [{ old: 'a', new: 'b' }] }),
      /not a UTF-8 text/,
    )
    await assert.rejects(call(editFile, { path: 'big', edits: [{ old: 'a', new: 'b' }] }), /at most/)
  })
  test('a file that changed since it was read is not overwritten', async () => {
    const { box } = hands.get('alice')!
    rig.put('race.txt', 'new')
    await assert.rejects(
      box!.writeFile(
        'race.txt',
        Buffer.from('x'),
        { replaces: { bytes: Buffer.from('old'), origin: 'full' }, question: '' },
        rig.signal,
      ),
      /changed meanwhile/,
    )
    assert.equal(readFileSync(at('race.txt'), 'utf8'), 'new')
  })
  test('glob finds by pattern and passes over what packages and git keep', async () => {
    const find = async (pattern: string) => (await call(glob, { pattern })).text.split('\n').sort()
    assert.deepEqual(await find('**/*.ts'), ['src/a.ts', 'src/deep/b.ts'])
    assert.deepEqual(await find('src/*.{ts,js}'), ['src/a.ts'])
    assert.deepEqual(await find('./src/**/[ab].ts'), ['src/a.ts', 'src/deep/b.ts'])
    assert.deepEqual(await find('/work/src/?.ts'), ['/work/src/a.ts'])
    for (const odd of ['[', '{', '}{', '(', '\\', '-delete', '$(touch x)', "'"]) {
      assert.equal((await call(glob, { pattern: odd })).text, '(no files)', odd)
    }
  })
  test('grep finds lines, and tells a pattern that is none', async () => {
    assert.match(
      (await call(grep, { pattern: 'al\\w+ = \\d', path: 'src/deep' })).text,
      /^src\/deep\/b\.ts:2:let alpha = 3$/,
    )
    assert.equal(
      (await call(grep, { pattern: 'NOTES|two', ignore_case: true, files_only: true, include: '*.md' })).text,
      'notes.md',
    )
    assert.equal((await call(grep, { pattern: 'nothing like it' })).text, '(no matches)')
    assert.equal((await call(grep, { pattern: '--version' })).text, '(no matches)')
    assert.ok((await call(grep, { pattern: '(' })).isError)
  })
  test('bash gives output, status and both streams in order', async () => {
    const { text, isError, origin } = await call(bash, {
      command: 'echo out; echo err >&2; echo out2; exit 3',
    })
    assert.equal(text, 'out\nerr\nout2\n[exit status 3]')
    assert.equal(isError, true)
    assert.equal(origin, 'derived')
    assert.match((await call(bash, { command: 'sleep 5', timeout_s: 1 })).text, /time limit/)
    assert.equal((await call(bash, { command: 'true' })).text, '(no output)')
  })
  test('bash says of a command that no system takes what is wrong with it', async () => {
    await assert.rejects(call(bash, { command: 'echo a\0b' }), /holds a NUL/)
    await assert.rejects(call(bash, { command: `echo ${'語'.repeat(50_000)}` }), /write it into a file/)
    assert.match((await call(bash, { command: `echo ${'x'.repeat(59_000)} | wc -c` })).text, /^59001$/)
  })
  test('a long output is cut, and all of it is where the answer says', async () => {
    const { text } = await call(bash, { command: 'seq 1 20000' })
    const path = /all of it is in (\S+) /.exec(text)![1]!
    assert.equal(path, 'users/alice/personal/output/call-alice.txt')
    assert.equal(readFileSync(at(path), 'utf8').split('\n').length, 20_001)
    assert.ok(text.length < 17_000)
  })
  test('a second name of a hidden file is as hidden to every tool', async () => {
    linkSync(rig.put('.env', 'KEY=hunter2'), at('plain.txt'))
    await assert.rejects(call(readFile, { path: 'plain.txt' }), /hidden/)
    assert.equal((await call(grep, { pattern: 'hunter2' })).text, '(no matches)')
  })
})

test('edits of text that is there once are what replacing by hand gives', () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.string(),
      fc.string({ minLength: 1 }),
      fc.string(),
      (head, tail, old, fresh) => {
        const text = `${head}${old}${tail}`
        if (text.indexOf(old) !== text.lastIndexOf(old)) return
        assert.equal(
          applyEdits(text, [{ old, new: fresh }]),
          text.slice(0, text.indexOf(old)) + fresh + text.slice(text.indexOf(old) + old.length),
        )
      },
    ),
  )
})
