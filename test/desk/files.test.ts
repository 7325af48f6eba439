// Prompt files: read from the workspace as it is, and never through a link into what is another person's alone.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { viewOf } from '../../src/access/clear.ts'
import { openFiles } from '../../src/desk/files.ts'
import { householdOf, person } from '../access/make.ts'

const alice = person('alice', 'full')
const bob = person('bob', 'full')
const carol = person('carol', 'familiar')
const household = householdOf([alice, bob, carol])

function workspaceWith(files: Readonly<Record<string, string>>): string {
  const workspace = mkdtempSync(join(tmpdir(), 'coop-'))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(workspace, dirname(path)), { recursive: true })
    writeFileSync(join(workspace, path), text)
  }
  return workspace
}
const filesOf = (workspace: string, who: typeof alice) =>
  openFiles(viewOf(who, 'terminal', household), workspace, () => null)

test('shared files are read by trust, own ones by their person alone', () => {
  const workspace = workspaceWith({ 'SOUL.md': 'kind', 'TOOLS.md': 'a lathe', 'users/alice/USER.md': 'tea' })
  assert.equal(filesOf(workspace, carol).shared('SOUL.md', 'familiar'), 'kind')
  assert.equal(filesOf(workspace, carol).shared('TOOLS.md', 'full'), undefined)
  assert.equal(filesOf(workspace, alice).own('USER.md', 'inner'), 'tea')
  assert.equal(filesOf(workspace, bob).own('USER.md', 'inner'), undefined)
})

test('a shared file that is a link into somebody’s folder is not there, wherever on its way the link is', () => {
  const workspace = workspaceWith({
    'users/alice/personal/diary.md': 'secret',
    'users/alice/personal/note/SKILL.md': 'secret',
    'users/alice/inbox/letter.md': 'secret',
    'users/alice/USER.md': 'tea',
  })
  symlinkSync('users/alice/personal/diary.md', join(workspace, 'SOUL.md'))
  symlinkSync('users/alice/inbox/letter.md', join(workspace, 'IDENTITY.md'))
  symlinkSync('users/alice/personal', join(workspace, 'skills'))
  symlinkSync('users/alice/USER.md', join(workspace, 'AGENTS.md'))
  for (const who of [bob, carol])
    for (const path of ['SOUL.md', 'IDENTITY.md', 'skills/note/SKILL.md', 'AGENTS.md'])
      assert.equal(filesOf(workspace, who).shared(path, 'familiar'), undefined, path)
})

test('a link among shared files leads to the other one', () => {
  const workspace = workspaceWith({ 'notes/soul.md': 'kind' })
  symlinkSync('notes/soul.md', join(workspace, 'SOUL.md'))
  assert.equal(filesOf(workspace, carol).shared('SOUL.md', 'familiar'), 'kind')
})

test('a person’s folder that is a link is nobody’s', () => {
  const workspace = workspaceWith({ 'users/alice/personal/USER.md': 'secret', 'users/bob/USER.md': 'plain' })
  assert.equal(filesOf(workspace, bob).own('USER.md', 'inner'), 'plain')
  renameSync(join(workspace, 'users/bob'), join(workspace, 'users/before'))
  symlinkSync('alice/personal', join(workspace, 'users/bob'))
  assert.equal(filesOf(workspace, bob).own('USER.md', 'inner'), undefined)
})
