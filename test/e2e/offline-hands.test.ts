// The tools of each level in a real chat with the offline model: the real program, no key, no network.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { boxTests } from '../box/rig.ts'
import { runCoop } from '../support/coop.ts'
import { makeTestHome } from '../support/home.ts'
import { alice, bob, carol, household, openStage, type Stage } from '../support/stage.ts'
import { until } from '../support/until.ts'

const offline = household.replaceAll('trust =', 'model = "offline/coop"\ntrust =')
const use = (tool: string, input: object) => `use ${tool} ${JSON.stringify(input)}`

test('a newcomer without a key uses every file tool from standard input', boxTests, async () => {
  using home = makeTestHome('[agent]\nid = "coop"\nmodel = "offline/coop"\n')
  home.file('workspaces/default/notes.md', 'water the plants\n')
  const { code, stdout, stderr } = await runCoop(home, ['chat'], {
    timeoutMs: 120_000,
    stdin: [
      use('write_file', { path: 'list.md', content: 'milk\n' }),
      use('edit_file', { path: 'list.md', edits: [{ old: 'milk', new: 'bread' }] }),
      use('read_file', { path: 'list.md' }),
      use('grep', { pattern: 'plants' }),
      use('glob', { pattern: '*.md' }),
      use('bash', { command: 'wc -l <notes.md; id -un; ls /root' }),
      use('send_file', { path: 'list.md' }),
      use('read_file', { path: '../../coop.toml' }),
      use('edit_file', { path: 'list.md', edits: [{ old: 'gone', new: 'x' }] }),
    ].join('\n'),
  })
  assert.equal(code, 0, stderr)
  assert.equal(readFileSync(join(home.dir, 'workspaces/default/list.md'), 'utf8'), 'bread\n')
  for (const said of [
    'bread',
    'notes.md:1:water the plants',
    'coop',
    join(home.dir, 'workspaces/default/list.md'),
    'does not exist',
    'not in the file',
  ])
    assert.ok(stdout.includes(said), `${said}\n${stdout}`)
  assert.doesNotMatch(stdout, /model = /)
})

describe('with the offline model over Telegram', boxTests, () => {
  let stage: Stage
  const ask = async (who: typeof alice, text: string) => {
    const already = stage.telegram.sent(who.id).length
    stage.telegram.write(who, text)
    return (await until(`an answer to ${text}`, () => stage.telegram.sent(who.id)[already])).text
  }
  const file = (path: string) => join(stage.home.dir, 'workspaces/default', path)
  before(async () => {
    stage = await openStage({ idle: true, users: offline })
    stage.home.file('workspaces/default/plans.md', 'private plans')
    stage.home.file('workspaces/default/shared/list.md', 'milk')
    stage.home.file('workspaces/default/users/bob/personal/diary.md', 'diary of Bob')
    stage.home.file('workspaces/default/users/carol/notes.md', 'notes of Carol')
    await stage.start()
  })
  after(() => stage?.[Symbol.asyncDispose]())

  test('full trust has the workspace, but nobody’s own folder', async () => {
    assert.match(
      await ask(alice, use('bash', { command: 'cat plans.md shared/list.md' })),
      /private plansmilk/,
    )
    assert.match(
      await ask(alice, use('read_file', { path: 'users/bob/personal/diary.md' })),
      /does not exist|cannot be read/,
    )
  })
  test('inner trust has its own and the shared folder', async () => {
    assert.match(
      await ask(bob, use('bash', { command: 'cat shared/list.md users/bob/personal/*' })),
      /milkdiary/,
    )
    assert.match(await ask(bob, use('read_file', { path: 'plans.md' })), /does not exist/)
    await ask(bob, use('write_file', { path: 'shared/more.md', content: 'eggs' }))
    assert.equal(readFileSync(file('shared/more.md'), 'utf8'), 'eggs')
  })
  test('familiar trust reads its own files and has no other hands', async () => {
    assert.match(await ask(carol, use('read_file', { path: 'users/carol/notes.md' })), /notes of Carol/)
    assert.match(await ask(carol, use('read_file', { path: 'shared/list.md' })), /does not exist/)
    for (const tool of ['bash', 'write_file', 'edit_file', 'web_fetch', 'config', 'schedule'])
      assert.match(await ask(carol, use(tool, {})), new RegExp(`no tool “${tool}” here`))
    assert.ok(!existsSync(file('users/carol/x')))
    assert.equal(
      (await ask(carol, use('send_file', { path: 'users/carol/notes.md', caption: 'yours' }))).trim(),
      'yours',
    )
    assert.equal(stage.telegram.sent(carol.id).find(sent => sent.text === 'yours')?.method, 'sendDocument')
  })
  test('bad paths get one clear line each', async () => {
    for (const [path, said] of [
      ['../../../etc/shadow', /does not exist|cannot be read/],
      ['a\0b', /NUL/],
      ['x'.repeat(4_096), /too long/],
      ['/dev/zero', /no ordinary file/],
      ['users', /is a folder/],
    ] as const) {
      const answer = await ask(alice, use('read_file', { path }))
      assert.match(answer, said)
      assert.ok(answer.length < 5_000)
    }
  })
})
