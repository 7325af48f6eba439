// Files that no box shows: by their names, and by .coopignore.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { secretRule } from '../../src/box/secrets.ts'
import { globBase, globSource } from '../../src/tools/glob-pattern.ts'

const rule = secretRule('# comment\n\ntaxes/\n/top.txt\n*.secret\ndocs/**/draft.md\n!keep.secret\n')
const file = (path: string) => rule(path, path.split('/').at(-1)!, false)
const folder = (path: string) => rule(path, path.split('/').at(-1)!, true)

test('credentials are known by their names, wherever they lie and however they are written', () => {
  for (const path of [
    '.env',
    'a/.env.local',
    'a/.ENV',
    '.envrc',
    'id_rsa',
    'x/id_ed25519',
    'tls/server.KEY',
    'a.pem',
    '.npmrc',
    '.netrc',
    'b/.git-credentials',
  ]) {
    assert.ok(file(path), path)
  }
  for (const path of ['.ssh', 'a/.aws', '.gnupg', '.kube']) assert.ok(folder(path), path)
  for (const path of ['environment.md', 'keys.md', 'id_rsa.pub', 'monkey', 'a.env'])
    assert.ok(!file(path), path)
})
test('keys that packages ship to test with are not hidden, their settings are', () => {
  assert.ok(!file('node_modules/x/test/server.key'))
  assert.ok(file('node_modules/x/.env'))
  assert.ok(file('node_modules/x/.npmrc'))
})
test('a .coopignore hides folders, anchored paths and names; a negation shows nothing', () => {
  assert.ok(folder('taxes'))
  assert.ok(folder('a/taxes'))
  assert.ok(!file('taxes'))
  assert.ok(file('top.txt'))
  assert.ok(!file('a/top.txt'))
  assert.ok(file('a/keep.secret'))
  assert.ok(file('docs/a/b/draft.md'))
})
test('a .coopignore hides in whatever case and however a letter is composed', () => {
  const word = 'Médico'
  const hides = secretRule(`${word.normalize('NFC')}/\n`)
  for (const name of [
    word.normalize('NFC'),
    word.normalize('NFD'),
    word.toUpperCase().normalize('NFD'),
    'médico',
  ])
    assert.ok(hides(`a/${name}`, name, true), name)
  assert.ok(!hides('a/medico', 'medico', true))
})
test('a line that is no pattern stops everything rather than hiding nothing', () => {
  assert.throws(() => secretRule('[z-a]'), { code: 'box_failed' })
})
test('a glob without wildcards matches itself alone', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z0-9._() +$^|-]{1,20}$/), fc.string(), (name, other) => {
      const matches = new RegExp(`^${globSource(name)}$`, 'u')
      assert.ok(matches.test(name))
      assert.equal(matches.test(other), other === name)
    }),
  )
})
test('a glob begins where its first wildcard allows', () => {
  assert.equal(globBase('src/a/*.ts'), 'src/a')
  assert.equal(globBase('**/*.ts'), '')
  assert.equal(globBase('src/a.ts'), 'src')
})
