// Each wall of a box, tried from inside.
import assert from 'node:assert/strict'
import { existsSync, linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Box } from '../../src/box/box.ts'
import { required } from '../../src/box/runtime.ts'
import { boxTests, openRig } from './rig.ts'

describe('a box', boxTests, () => {
  const rig = openRig()
  const boxes = new Map<string, Box>()
  const sh = async (who: string, command: string) => {
    const ran = await boxes
      .get(who)!
      .exec({ argv: ['/bin/bash', '-c', command], quiet: 'writing' }, rig.signal)
    return { code: ran.code, out: ran.stdout.toString().trim(), err: ran.stderr.toString() }
  }
  before(async () => {
    rig.put('SOUL.md', 'soul')
    rig.put('plans.md', 'private plans')
    rig.put('shared/list.md', 'milk')
    rig.put('users/alice/notes.md', 'of alice')
    rig.put('users/bob/notes.md', 'of bob')
    rig.put('users/bob/personal/diary.md', 'diary of bob')
    rig.put('users/bob/inbox/letter.txt', 'letter to bob')
    rig.put('users/carol/notes.md', 'of carol')
    rig.put('app/.git/config', '[core]\n')
    rig.put('app/main.ts', 'code')
    for (const who of ['alice', 'bob', 'carol'])
      boxes.set(who, (await rig.boxes.open(rig.direct(who), () => 'full', rig.signal))!)
  })
  after(() => rig[Symbol.dispose]())

  test('stands on every wall that it needs here', async () => {
    const { walls, problems } = await rig.boxes.proof(rig.signal)
    assert.deepEqual(problems, [])
    for (const wall of required) assert.ok(walls.includes(wall), wall)
  })
  test('shows full trust the workspace without what is another’s own', async () => {
    const { out } = await sh(
      'alice',
      'cat plans.md users/bob/notes.md; ls users/bob/personal users/bob/inbox; cat users/bob/personal/diary.md users/bob/inbox/letter.txt',
    )
    assert.match(out, /private plans/)
    assert.match(out, /of bob/)
    assert.doesNotMatch(out, /diary|letter/)
  })
  test('shows inner trust its own and the shared folder, to be written', async () => {
    const { out } = await sh(
      'bob',
      'cat users/bob/personal/diary.md shared/list.md; ls users; cat plans.md users/alice/notes.md ../plans.md; echo new >shared/new.md',
    )
    assert.equal(out, 'diary of bobmilkbob')
    assert.equal(readFileSync(join(rig.workspace, 'shared/new.md'), 'utf8'), 'new\n')
  })
  test('shows familiar trust its own files and lets it write none', async () => {
    const box = boxes.get('carol')!
    assert.equal(box.acts, false)
    const { out, code } = await sh(
      'carol',
      'cat users/carol/notes.md; cat shared/list.md; echo x >users/carol/x',
    )
    assert.equal(out, 'of carol')
    assert.notEqual(code, 0)
    assert.ok(!existsSync(join(rig.workspace, 'users/carol/x')))
    await assert.rejects(box.writeFile('users/carol/x', Buffer.from('x'), 'anything', rig.signal), {
      code: 'file_unreadable',
    })
  })
  test('has neither the gateway’s environment nor its processes, files or user', async () => {
    const { out } = await sh(
      'alice',
      `cat /proc/1/environ; ls ${rig.home}; cat ${join(rig.home, 'workspace/plans.md')}; ls /proc | grep -c '^[0-9]'; id -u`,
    )
    assert.match(out, /^(PWD=[^\0]*\0)?\d\n1000$/)
  })
  test('hides credentials by name, through links, and under a second name', async () => {
    rig.put('app/.env.production', 'KEY=hunter2')
    rig.put('app/.ssh/id_ed25519', 'hunter2')
    rig.put('deploy.pem', 'hunter2')
    linkSync(join(rig.workspace, 'app/.env.production'), join(rig.workspace, 'innocent.txt'))
    linkSync(join(rig.workspace, 'app/.ssh/id_ed25519'), join(rig.workspace, 'second.txt'))
    symlinkSync('app/.env.production', join(rig.workspace, 'link'))
    const { out } = await sh(
      'alice',
      'cat app/.env* app/.ssh/* deploy.pem innocent.txt second.txt link app/../app/.env.production /proc/self/root/work/app/.env.production; grep -rs hunter2 .; mv app/.env.production x; ln app/.env.production y; cat x y; rm app/.env.production && echo gone',
    )
    assert.equal(out, '')
  })
  test('hides what .coopignore names, which nobody in a box can change', async () => {
    rig.put('taxes/2025.txt', 'income')
    rig.put('.coopignore', '# private\ntaxes/\n*.secret\n!taxes/\n')
    rig.put('a/b.secret', 'income')
    const { out } = await sh(
      'alice',
      'cat taxes/* a/b.secret; echo >.coopignore; rm .coopignore; mv .coopignore x; grep -rs income .',
    )
    assert.equal(out, '')
    assert.match(readFileSync(join(rig.workspace, '.coopignore'), 'utf8'), /taxes/)
  })
  test('leaves a repository’s hooks and configuration as they are', async () => {
    const { out } = await sh(
      'alice',
      'echo x >app/.git/hooks/post-commit; echo x >app/.git/config; mv app/.git app/old; mv app app2; mv users/bob users/x; echo ok >app/.git/HEAD; cat app/.git/HEAD',
    )
    assert.equal(out, 'ok')
    assert.ok(existsSync(join(rig.workspace, 'app/main.ts')))
  })
  test('mounts no link that somebody put where a folder should be', async () => {
    using other = openRig()
    mkdirSync(join(other.workspace, 'users'))
    symlinkSync('/etc', join(other.workspace, 'users/bob'))
    await assert.rejects(
      other.boxes.open(other.direct('bob'), () => 'full', rig.signal),
      { code: 'box_failed' },
    )
  })
  test('keeps what later turns read as instructions from change in a tainted turn', async () => {
    rig.put('users/alice/work/todo.md', 'old')
    let outside = false
    const tainted = (await rig.boxes.open(
      rig.direct('alice'),
      () => (outside ? 'outside' : 'full'),
      rig.signal,
    ))!
    await tainted.writeFile('SOUL.md', Buffer.from('soul'), 'anything', rig.signal)
    outside = true
    const command =
      'for f in SOUL.md USER.md HEARTBEAT.md skills/x.md users/alice/AGENTS.md users/alice/USER.md users/carol/USER.md; do echo bad >$f; done; mv users/alice u; echo good >users/alice/work/todo.md; echo good >app/main.ts'
    await tainted.exec({ argv: ['/bin/bash', '-c', command], quiet: 'writing' }, rig.signal)
    const read = (path: string) => readFileSync(join(rig.workspace, path), 'utf8')
    assert.equal(read('SOUL.md'), 'soul')
    for (const path of [
      'USER.md',
      'HEARTBEAT.md',
      'skills',
      'users/alice/AGENTS.md',
      'users/carol/USER.md',
    ]) {
      assert.ok(!existsSync(join(rig.workspace, path)), path)
    }
    assert.equal(read('users/alice/work/todo.md'), 'good\n')
    assert.equal(read('app/main.ts'), 'good\n')
  })
  test('is not opened on a workspace that holds the home', async () => {
    using other = openRig()
    writeFileSync(join(other.home, 'coop.toml'), '')
    const { openBoxes } = await import('../../src/box/room.ts')
    const { boxRulesOf } = await import('../../src/box/rules.ts')
    const { silentLog } = await import('../../src/log.ts')
    using wide = openBoxes({
      workspace: other.home,
      home: other.home,
      runtime: 'auto',
      rules: () => boxRulesOf(other.config),
      origins: other.store.fileOrigins,
      log: silentLog(),
    })
    const box = (await wide.open(other.direct('alice'), () => 'full', rig.signal))!
    await assert.rejects(box.exec({ argv: ['true'] }, rig.signal), { code: 'box_failed' })
  })
})

test('without a runtime no level has a box, except full trust that asked for the host', async () => {
  using rig = openRig({ toml: '[box]\nruntime = "none"\n' })
  rig.put('a.txt', 'here')
  assert.equal(await rig.boxes.open(rig.direct('bob'), () => 'full', rig.signal), null)
  assert.equal(await rig.boxes.open(rig.direct('carol'), () => 'full', rig.signal), null)
  const box = (await rig.boxes.open(rig.direct('alice'), () => 'full', rig.signal))!
  const ran = await box.exec({ argv: ['/bin/bash', '-c', 'cat a.txt; env'] }, rig.signal)
  assert.match(ran.stdout.toString(), /^here/)
  assert.doesNotMatch(ran.stdout.toString(), /COOP_|npm_/)
  assert.deepEqual((await rig.boxes.proof(rig.signal)).walls, [])
})
