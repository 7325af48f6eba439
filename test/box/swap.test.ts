// What another box puts in the place of a folder, between the look at it and its use, opens nothing.
import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { findBwrap, openBwrap } from '../../src/box/bwrap-runtime.ts'
import { policyOf } from '../../src/box/policy.ts'
import { boxRulesOf } from '../../src/box/rules.ts'
import { giveToBox } from '../../src/box/stage.ts'
import { survey } from '../../src/box/survey.ts'
import { whereabouts } from '../../src/box/whereabouts.ts'
import { boxTests, openRig } from './rig.ts'

describe('a folder that is swapped', boxTests, () => {
  const scratch = mkdtempSync(join(tmpdir(), 'coop-box-'))
  after(() => rmSync(scratch, { recursive: true, force: true }))
  const bash = (command: string) => ({ argv: ['/bin/bash', '-c', command] })

  test('for a link between the look and the mount is noticed before anything runs', async () => {
    using rig = openRig()
    const runtime = openBwrap({ bwrap: findBwrap()!, scratch, mark: 'swap-test', reserve: 0 })
    const secret = mkdtempSync('/var/tmp/coop-swap-')
    using _ = { [Symbol.dispose]: () => rmSync(secret, { recursive: true, force: true }) }
    chmodSync(secret, 0o755)
    writeFileSync(join(secret, 'key'), 'CANARY')
    rig.put('users/bob/app/.git/config', '[core]\n')
    mkdirSync(join(rig.workspace, 'users/bob/app/.git/hooks'))
    mkdirSync(join(rig.workspace, 'shared'))
    const policy = policyOf(rig.direct('bob'), boxRulesOf(rig.config), false)!
    const seen = await survey(policy, { workspace: rig.workspace, home: rig.home })
    // What bubblewrap would find if the folder were a link while it looks for the source, and a folder again after.
    const swapped = (checked: boolean) =>
      seen.mounts.map(({ is, ...mount }) => ({
        ...mount,
        ...(checked && is !== undefined ? { is } : {}),
        ...(mount.at.endsWith('/hooks') ? { host: secret } : {}),
      }))
    const look = (mounts: typeof seen.mounts) =>
      runtime.exec(
        { ...seen, mounts, proxy: null, limits: policy.limits, env: {} },
        bash('cat users/bob/app/.git/hooks/*'),
        rig.signal,
      )
    assert.equal((await look(seen.mounts)).code, 1, 'nothing is there')
    assert.equal((await look(swapped(false))).stdout.toString(), 'CANARY', 'the attack works')
    await assert.rejects(look(swapped(true)), /the workspace changed while it was opened/)
  })
  test('while it is looked at is not taken for what it was', () => {
    using rig = openRig()
    rig.put('a/b/c.md', 'text')
    const inode = whereabouts(rig.workspace, 'a/b')
    renameSync(join(rig.workspace, 'a'), join(rig.workspace, 'x'))
    symlinkSync('x', join(rig.workspace, 'a'))
    assert.throws(() => whereabouts(rig.workspace, 'a/b'), { code: 'box_failed' })
    assert.equal(whereabouts(rig.workspace, 'x/b'), inode)
  })
  test('cannot be one that holds something hidden', async () => {
    using rig = openRig()
    rig.put('users/bob/app/deep/.env', 'KEY=CANARY')
    for (const path of ['users', 'users/bob', 'users/bob/app', 'users/bob/app/deep'])
      giveToBox(join(rig.workspace, path))
    const box = (await rig.boxes.open(rig.direct('bob'), () => 'full', rig.signal))!
    const ran = await box.exec(
      {
        ...bash('cd users/bob; mv app/deep app/x; mv app y; cat app/*/.env y/*/.env; echo new >app/deep/new'),
        quiet: 'writing',
      },
      rig.signal,
    )
    assert.equal(ran.stdout.toString(), '')
    assert.ok(existsSync(join(rig.workspace, 'users/bob/app/deep/new')))
  })
  test('again and again under a file that is written beside outside text leads it nowhere', async () => {
    using rig = openRig()
    rig.put('work/plain.md', 'plain')
    rig.put('skills/own/SKILL.md', 'own')
    giveToBox(join(rig.workspace, 'work'))
    let swapping = true
    const box = (await rig.boxes.open(rig.direct('alice'), () => 'outside', rig.signal))!
    const stop = new AbortController()
    const loop = box
      .exec(
        {
          ...bash(
            'cd work; mkdir real; ln -s ../skills/own bait; while :; do mv -T real place; mv -T place real; mv -T bait place; mv -T place bait; done',
          ),
          quiet: 'writing',
        },
        stop.signal,
      )
      .finally(() => {
        swapping = false
      })
    let written = 0
    for (let count = 0; count < 12; count++)
      written += await box
        .writeFile('work/place/SKILL.md', Buffer.from(`bad ${count}`), 'anything', rig.signal)
        .then(
          () => 1,
          () => 0,
        )
    assert.ok(swapping)
    stop.abort()
    await loop
    assert.equal(readFileSync(join(rig.workspace, 'skills/own/SKILL.md'), 'utf8'), 'own')
    assert.ok(written <= 12)
  })
})
