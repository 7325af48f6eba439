// The command line that builds a box: what hides comes last, and the network is never the host’s.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bwrapArguments } from '../../src/box/bwrap.ts'
import { defaultLimits } from '../../src/box/limits.ts'
import { staged } from '../../src/box/stage.ts'

const lent = { passwd: '/s/passwd', group: '/s/group', node: '/s/node' }
const spec = {
  mounts: [
    { host: '/h/ws', at: '/work', mode: 'rw' },
    { host: '/h/ws/users', at: '/work/users', mode: 'ro' },
  ],
  hidden: [{ at: '/work/.env', kind: 'file' }],
  proxy: null,
  limits: defaultLimits.inner,
  env: {},
  cwd: '/work',
} as const

test('the profile holds the walls that stand behind others and cannot be missed alone', () => {
  const args = bwrapArguments(spec, lent)
  for (const flag of [
    '--unshare-all',
    '--unshare-user',
    '--disable-userns',
    '--die-with-parent',
    '--clearenv',
  ]) {
    assert.ok(args.includes(flag), flag)
  }
  assert.equal(args[args.indexOf('--cap-drop') + 1], 'ALL')
})
test('the network of the host is never shared, with a proxy or without', () => {
  for (const proxy of [null, '/s/p.sock'])
    assert.ok(!bwrapArguments({ ...spec, proxy }, lent).includes('--share-net'))
})
test('what is hidden comes after every mount, and the root is closed after all of them', () => {
  const args = bwrapArguments(spec, lent)
  assert.ok(args.indexOf('/work/users') < args.indexOf('/work/.env'))
  assert.ok(args.indexOf('/work/.env') < args.lastIndexOf('--remount-ro'))
})
test('root shows each source once under a name that tells nothing, and becomes another user', () => {
  const { command, at } = staged(['/root/ws', '/root/ws', '/s/passwd'], '/usr/bin/bwrap')
  assert.equal(at('/root/ws'), '/tmp/0')
  assert.equal(at('/s/passwd'), '/tmp/1')
  assert.equal(at('/elsewhere'), '/elsewhere')
  assert.equal(command[command.indexOf('--reuid') + 1], '70000')
  assert.ok(command.includes('--clear-groups') && command.includes('--no-new-privs'))
})
