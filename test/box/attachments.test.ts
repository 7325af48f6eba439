// Files that people send lie where their own box shows them, and nowhere else.
import assert from 'node:assert/strict'
import { readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { keepAttachment, takeAttachment } from '../../src/box/attachments.ts'
import type { Box } from '../../src/box/box.ts'
import { boxTests, openRig } from './rig.ts'

describe('an attachment', boxTests, () => {
  const rig = openRig()
  let box: Box
  before(async () => {
    box = (await rig.boxes.open(rig.direct('bob'), () => 'full', rig.signal))!
  })
  after(() => rig[Symbol.dispose]())

  test('lands in the inbox of who sent it, under a name of its own', async () => {
    const bytes = Buffer.from([0, 1, 2, 255])
    assert.equal(await keepAttachment(box, 'photo.jpg', bytes, rig.signal), 'users/bob/inbox/photo.jpg')
    assert.equal(await keepAttachment(box, 'photo.jpg', bytes, rig.signal), 'users/bob/inbox/photo-2.jpg')
    assert.deepEqual(readFileSync(join(rig.workspace, 'users/bob/inbox/photo-2.jpg')), bytes)
  })
  test('cannot name a place outside the inbox', async () => {
    const names = [
      '../../../etc/passwd',
      '/etc/passwd',
      '..',
      '.env',
      'a\0b',
      'x'.repeat(5_000),
      'ж'.repeat(300),
      '',
      '\u202Egpj.exe',
    ]
    for (const name of names) {
      const path = await keepAttachment(box, name, Buffer.from('x'), rig.signal)
      assert.match(path!, /^users\/bob\/inbox\/[^/.][^/\0\u202E]*$/, name)
      assert.ok(Buffer.byteLength(path!) < 200)
    }
  })
  test('of another person is not seen, and what the agent made can be taken', async () => {
    const alice = (await rig.boxes.open(rig.direct('alice'), () => 'full', rig.signal))!
    await assert.rejects(takeAttachment(alice, 'users/bob/inbox/photo.jpg', rig.signal), {
      code: 'not_found',
    })
    await box.writeFile('shared/report.txt', Buffer.from('made'), 'anything', rig.signal)
    assert.deepEqual(await takeAttachment(alice, 'shared/report.txt', rig.signal), {
      name: 'report.txt',
      bytes: Buffer.from('made'),
      host: join(rig.workspace, 'shared/report.txt'),
    })
  })
  test('cannot be a link to a file of the host', async () => {
    rig.put('shared/x', '')
    symlinkSync(join(rig.home, 'coop.toml'), join(rig.workspace, 'shared/bait'))
    await assert.rejects(takeAttachment(box, 'shared/bait', rig.signal), { code: 'not_found' })
  })
  test('is kept nowhere in a group or where files are only read', async () => {
    const group = (await rig.boxes.open(rig.group('alice', ['alice']), () => 'full', rig.signal))!
    assert.equal(await keepAttachment(group, 'a.txt', Buffer.from('x'), rig.signal), null)
    const carol = (await rig.boxes.open(rig.direct('carol'), () => 'full', rig.signal))!
    assert.equal(await keepAttachment(carol, 'a.txt', Buffer.from('x'), rig.signal), null)
  })
})
