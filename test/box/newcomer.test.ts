// A command that runs while somebody's folder comes into being sees nothing of what is theirs alone.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { until } from '../support/until.ts'
import { boxTests, openRig } from './rig.ts'

test(
  'what a person is given while another’s command runs is not in that command’s box',
  boxTests,
  async () => {
    using rig = openRig()
    rig.put('users/bob/note.md', 'plain')
    await rig.boxes.proof(rig.signal)
    await using alices = (await rig.boxes.open(rig.direct('alice'), () => 'agent', rig.signal))!
    const script =
      'cd /work; touch shared/begun; until [ -e shared/go ]; do sleep 0.05; done; ls users; cat users/bob/note.md users/*/personal/* users/*/inbox/*'
    const running = alices.exec({ argv: ['/bin/sh', '-c', script], quiet: 'writing' }, rig.signal)
    const begun = rig.put('shared/note', 'x').replace(/note$/, 'begun')
    await until('the command runs', () => existsSync(begun))
    await using carols = (await rig.boxes.open(rig.direct('carol'), () => 'agent', rig.signal))!
    assert.equal(carols.policy.personal, 'carol')
    rig.put('users/carol/personal/diary.md', 'canary')
    rig.put('users/carol/inbox/letter.txt', 'canary')
    rig.put('users/bob/personal/diary.md', 'canary')
    rig.put('shared/go', '')
    const { stdout } = await running
    assert.match(stdout.toString(), /^alice\nbob\n/)
    assert.doesNotMatch(stdout.toString(), /canary/)
  },
)
