// Text from outside stays known as such in whatever file it lands, by whatever tool and under whatever name.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { boxHandOf } from '../../src/box/hand.ts'
import { openBoxes } from '../../src/box/room.ts'
import { boxRulesOf } from '../../src/box/rules.ts'
import { giveToBox } from '../../src/box/stage.ts'
import { openFiles } from '../../src/desk/files.ts'
import { silentLog } from '../../src/log.ts'
import type { Origin } from '../../src/store/entry.ts'
import { bash } from '../../src/tools/bash.ts'
import { editFile } from '../../src/tools/edit-file.ts'
import { glob } from '../../src/tools/glob.ts'
import { grep } from '../../src/tools/grep.ts'
import type { Hands } from '../../src/tools/hands.ts'
import { readFile } from '../../src/tools/read-file.ts'
import type { Tool } from '../../src/tools/tool.ts'
import { writeFile } from '../../src/tools/write-file.ts'
import { type Internet, openInternet } from '../web/rig.ts'
import { boxTests, openRig, type Rig } from './rig.ts'

describe('a file', boxTests, () => {
  let internet: Internet
  let rig: Rig
  /** What the turn at hand has seen. */
  let seen: Origin = 'full'
  /** Whether a fully trusted person said yes to what is written. */
  let sanctioned = false
  const handsOf = new Map<string, Hands>()
  const call = async (tool: Tool, input: unknown, who = 'alice') =>
    tool.run(tool.input.parse(input), handsOf.get(who)!, rig.signal)
  const write = (path: string, content: string) => call(writeFile, { path, content })
  const sh = (command: string) => call(bash, { command })
  const originOf = async (path: string, who = 'alice') => (await call(readFile, { path }, who)).origin
  /** Writes a file in a turn that has seen this. */
  const writeAfter = async (origin: Origin, path: string, content = 'text') => {
    seen = origin
    await write(path, content)
    seen = 'full'
  }
  const fetchTo = (path: string) =>
    sh(
      `mkdir -p $(dirname ${path}); exec 8<>/dev/tcp/127.0.0.1/3128; printf 'GET http://example.com/ HTTP/1.0\\r\\n\\r\\n' >&8; cat <&8 >${path}`,
    )
  const open = async (boxes = rig.boxes) => {
    for (const who of ['alice', 'carol']) {
      const box = (await boxes.open(rig.direct(who), () => seen, rig.signal))!
      handsOf.set(who, {
        box: boxHandOf(box, { id: `call-${who}`, seen: () => seen, sanctioned: () => sanctioned }),
        web: null,
      } as Hands)
    }
  }
  before(async () => {
    internet = await openInternet((_, response) => response.end('from afar\n'))
    rig = openRig({ net: internet.net })
    await open()
  })
  beforeEach(() => {
    seen = 'full'
  })
  after(async () => {
    rig[Symbol.dispose]()
    await internet[Symbol.asyncDispose]()
  })

  test('that the agent wrote in a clean turn reads back as that turn, one that nobody wrote down as derived', async () => {
    await write('plain.md', 'words')
    assert.equal(await originOf('plain.md'), 'full')
    rig.put('dropped.md', 'words')
    assert.equal(await originOf('dropped.md'), 'derived')
    rig.put('plain.md', 'other words')
    assert.equal(await originOf('plain.md'), 'derived', 'changed by nobody knows whom')
  })
  test('reads back as outside or derived if the turn that wrote it had seen that', async () => {
    await writeAfter('outside', 'page.md')
    await writeAfter('derived', 'summary.md')
    assert.equal(await originOf('page.md'), 'outside')
    assert.equal(await originOf('summary.md'), 'derived')
  })
  test('stays what it is when it is edited, and taints what is edited into it', async () => {
    await writeAfter('outside', 'edited.md', 'one two')
    await call(editFile, { path: 'edited.md', edits: [{ old: 'one', new: '1' }] })
    assert.equal(await originOf('edited.md'), 'outside')
    await write('clean.md', 'one two')
    seen = 'outside'
    await call(editFile, { path: 'clean.md', edits: [{ old: 'one', new: '1' }] })
    seen = 'full'
    assert.equal(await originOf('clean.md'), 'outside')
  })
  test('is clean again once it was replaced in a clean turn', async () => {
    await writeAfter('outside', 'replaced.md')
    await write('replaced.md', 'new words')
    assert.equal(await originOf('replaced.md'), 'full')
  })
  test('that a networked command wrote is from outside, what it did not touch is not', async () => {
    await write('untouched.md', 'words')
    assert.equal((await fetchTo('got/page.html')).origin, 'outside')
    assert.match((await call(readFile, { path: 'got/page.html' })).text, /from afar/)
    assert.equal(await originOf('got/page.html'), 'outside')
    assert.equal(await originOf('untouched.md'), 'full')
  })
  test('keeps its origin under another name, in another folder, and in a folder that moved', async () => {
    await writeAfter('outside', 'box/deep/page.md')
    await sh(
      'mv box/deep/page.md box/deep/other.md; mkdir away; mv box/deep away/; ln away/deep/other.md twin.md',
    )
    assert.equal(await originOf('away/deep/other.md'), 'outside')
    assert.equal(await originOf('twin.md'), 'outside')
  })
  test('hands its origin on to the output and the files of a command that read it', async () => {
    await writeAfter('outside', 'source.md', 'poison')
    await write('harmless.md', 'words')
    const copy = await sh('cat source.md >copy.md; tr a-z n-za-m <copy.md | base64 >coded.txt')
    assert.equal(copy.origin, 'outside')
    for (const path of ['copy.md', 'coded.txt']) assert.equal(await originOf(path), 'outside', path)
    for (const twice of [1, 2]) {
      const other = await sh(`cat harmless.md >harmless-${twice}.md`)
      assert.equal(other.origin, 'derived')
      assert.equal((await sh('cat coded.txt')).origin, 'outside', 'every reading is noticed')
    }
    assert.equal(await originOf('harmless-2.md'), 'derived')
  })
  for (const [way, command, path] of [
    ['copied', 'cp --reflink=auto --preserve=all way/o.md way/1.md', '1.md'],
    ['moved', 'mv way/o.md way/2.md', '2.md'],
    ['linked, and its first name removed', 'ln way/o.md way/3.md; rm way/o.md', '3.md'],
    [
      'packed and unpacked',
      'tar -C way -cf way/4.tar o.md; mkdir way/4; tar -C way/4 -xf way/4.tar',
      '4/o.md',
    ],
    [
      'committed and cloned',
      'cd way; git init -q 5; cp o.md 5; git -C 5 add .; git -C 5 -c user.name=a -c user.email=a@b commit -qm x; git clone -q 5 6',
      '6/o.md',
    ],
    ['taken through memory', 'cp way/o.md /dev/shm/a; mv /dev/shm/a way/8.md', '8.md'],
    [
      'read, and its time set back',
      'touch -r way/o.md /tmp/t; cat way/o.md >way/9.md; touch -r /tmp/t way/o.md',
      '9.md',
    ],
    [
      'read without a time',
      `perl -e 'use Fcntl; sysopen(F, "way/o.md", O_RDONLY | 01000000) or open(F, "<way/o.md"); open(G, ">way/10.md"); print G <F>'`,
      '10.md',
    ],
    ['put into the target of a link', 'ln -s "$(cat way/o.md)" way/l; cp way/o.md way/11.md', '11.md'],
  ] as const) {
    test(`is from outside when it is ${way}`, async () => {
      await writeAfter('outside', 'way/o.md', 'poison')
      await sh(command)
      assert.equal(await originOf(`way/${path}`), 'outside')
      if (way.includes('target')) {
        assert.equal((await sh('readlink way/l')).origin, 'outside')
        assert.equal((await sh('true')).origin, 'derived')
      }
    })
  }
  test('that is gone is forgotten, and what lies there is not', async () => {
    await sh('true')
    const { fileOrigins } = rig.store
    const noted = () => fileOrigins.notedBefore(Date.now() + 1).map(({ path }) => path.split('/').at(-1))
    await writeAfter('outside', 'gone.md')
    await writeAfter('outside', 'stays.md')
    await sh('mv stays.md stayed.md; rm gone.md')
    assert.ok(noted().includes('gone.md'))
    // A gateway forgets at its first command, and then once an hour.
    using again = openBoxes({
      workspace: rig.workspace,
      home: rig.home,
      runtime: 'auto',
      rules: () => boxRulesOf(rig.config),
      origins: fileOrigins,
      log: silentLog(),
      reserve: 0,
    })
    await open(again)
    await sh('true')
    assert.ok(!noted().includes('gone.md'))
    assert.equal(await originOf('stayed.md'), 'outside')
    await open()
  })
  test('that somebody read on the computer itself in between is still noticed when a command reads it', async () => {
    await writeAfter('outside', 'backed-up.md', 'poison')
    const { readFileSync } = await import('node:fs')
    readFileSync(join(rig.workspace, 'backed-up.md'))
    assert.equal((await sh('cat backed-up.md')).origin, 'outside')
    readFileSync(join(rig.workspace, 'backed-up.md'))
    assert.equal((await sh('cat backed-up.md')).origin, 'outside')
    assert.equal((await sh('true')).origin, 'derived')
  })
  test('that one command reads while another runs is noticed for the one, and at worst for both', async () => {
    await writeAfter('outside', 'both.md', 'poison')
    const slow = sh('sleep 0.6; cat both.md; sleep 0.6')
    await sleep(900)
    await sh('true')
    assert.equal((await slow).origin, 'outside')
  })
  test('tells its origin to every tool that reads, and lends it to the names that glob gives', async () => {
    await writeAfter('outside', 'tools/page.md', 'needle')
    await write('tools2/own.md', 'needle')
    assert.equal((await call(grep, { pattern: 'needle', path: 'tools' })).origin, 'outside')
    assert.equal((await call(grep, { pattern: 'needle', path: 'tools2' })).origin, 'full')
    assert.equal((await call(grep, { pattern: 'needle', path: 'tools', files_only: true })).origin, 'outside')
    assert.equal((await call(glob, { pattern: 'tools/*' })).origin, 'outside')
    assert.equal((await call(glob, { pattern: 'tools2/*' })).origin, 'full')
    assert.equal((await call(grep, { pattern: 'needle', path: 'tools2' })).text, 'tools2/own.md:1:needle')
  })
  test('whose name would hide it from the ledger counts as outside', async () => {
    await sh("mkdir odd; printf 'needle\\n' >$'odd/a\\nb.md'")
    assert.equal((await call(grep, { pattern: 'needle', path: 'odd' })).origin, 'outside')
    assert.equal((await call(glob, { pattern: 'odd/*' })).origin, 'outside')
  })
  test('in a folder that nobody can look into is from outside, and commands still run', async () => {
    await fetchTo('shut/page.html')
    await sh('chmod 000 shut')
    const blind = await sh('echo still here')
    assert.equal(blind.text, 'still here')
    assert.equal(blind.origin, 'outside')
    assert.equal((await sh('chmod 755 shut; cat shut/page.html')).origin, 'outside')
    assert.equal(await originOf('shut/page.html'), 'outside')
    assert.equal((await sh('true')).origin, 'derived')
  })
  test('of a long output is as far from a person as the output', async () => {
    await fetchTo('long.txt')
    const { text } = await sh('yes "$(cat long.txt)" | head -c 200000')
    const path = /all of it is in (\S+) /.exec(text)![1]!
    assert.equal(await originOf(path), 'outside')
  })
  test('from outside is so for whoever only reads, too', async () => {
    await writeAfter('outside', 'users/carol/page.md')
    assert.equal(await originOf('users/carol/page.md', 'carol'), 'outside')
  })
  test('that was being written when the gateway died is from outside, and its origin outlives a restart', async () => {
    await fetchTo('kept.html')
    const { fileOrigins } = rig.store
    // A networked command that never ended: its gateway was killed.
    const now = () => `${(Date.now() / 1000).toFixed(3)}000000`
    fileOrigins.begin(now(), { origin: 'outside', labels: [] })
    await sleep(30)
    giveToBox(rig.put('half.html', 'from afar'))
    assert.equal(await originOf('half.html'), 'outside')
    await sleep(30)
    using again = openBoxes({
      workspace: rig.workspace,
      home: rig.home,
      runtime: 'auto',
      rules: () => boxRulesOf(rig.config),
      origins: fileOrigins,
      log: silentLog(),
      reserve: 0,
      net: internet.net,
    })
    await sleep(30)
    rig.put('later.md', 'words')
    await open(again)
    for (const settled of [false, true]) {
      assert.equal(await originOf('kept.html'), 'outside')
      assert.equal(await originOf('half.html'), 'outside')
      assert.equal(await originOf('later.md'), 'derived')
      if (!settled) await sh('true')
    }
    assert.deepEqual(fileOrigins.unsettled(), [])
    await open()
  })
  test('of a failed write is not taken for what a person wrote after it', async () => {
    seen = 'outside'
    await assert.rejects(write('tools', 'x'), /is a folder/)
    seen = 'full'
    await sleep(30)
    rig.put('person.md', 'words')
    assert.equal(await originOf('person.md'), 'derived')
  })
  test('that the prompt is made of stays the household’s own when it is edited in a clean turn', async () => {
    giveToBox(rig.put('TOOLS.md', 'one two'))
    await call(editFile, { path: 'TOOLS.md', edits: [{ old: 'one', new: '1' }] })
    assert.equal(await originOf('TOOLS.md'), 'full')
    giveToBox(rig.put('other.md', 'one two'))
    await call(editFile, { path: 'other.md', edits: [{ old: 'one', new: '1' }] })
    assert.equal(await originOf('other.md'), 'derived')
  })
  test('that later turns read as instructions is closed beside outside text, but for a yes, and then a person’s own', async () => {
    seen = 'outside'
    await assert.rejects(write('HEARTBEAT.md', 'watch'), { code: 'not_permitted' })
    await assert.rejects(write('users/alice/skills/x/SKILL.md', 'watch'), { code: 'not_permitted' })
    sanctioned = true
    await write('HEARTBEAT.md', 'watch')
    seen = 'full'
    await sh('mkdir notes; ln -s ../USER.md notes/bait; ln -s . notes/here')
    seen = 'outside'
    for (const path of ['notes/bait', 'notes/here/x.md'])
      await assert.rejects(write(path, 'x'), /leads elsewhere by a link/)
    await assert.rejects(write('.coopignore', 'x'), /read-only/)
    sanctioned = false
    seen = 'full'
    assert.equal(await originOf('HEARTBEAT.md'), 'full')
  })
  test('that the prompt is made of tells where it came from', async () => {
    const files = () => openFiles(rig.direct('alice'), rig.workspace, rig.store.fileOrigins.of)
    giveToBox(rig.put('SOUL.md', 'kind'))
    const own = files()
    assert.equal(own.shared('SOUL.md', 'familiar'), 'kind')
    assert.equal(own.origin(), 'agent')
    await fetchTo('SOUL.md')
    const strange = files()
    assert.match(strange.shared('SOUL.md', 'familiar')!, /from afar/)
    assert.equal(strange.origin(), 'outside')
  })
})
