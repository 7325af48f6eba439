// Which names and addresses a box may reach, in every spelling.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isPublicAddress, judgeHost } from '../../src/box/egress.ts'

const open = { kind: 'open' } as const
const list = { kind: 'allow', hosts: ['example.com', '*.Example.org'] } as const

test('an address is refused in every spelling, even where everything is open', () => {
  const spellings = [
    '127.0.0.1',
    '2130706433',
    '0x7f000001',
    '0x7f.1',
    '127.1',
    '017700000001',
    '[::1]',
    '::1',
    '169.254.169.254',
    '8.8.8.8',
    '1.1.1.1.',
    'a.0x10',
  ]
  for (const host of spellings) assert.equal(judgeHost(open, host).kind, 'refuse', host)
})

test('names of the local network, odd characters and over-long names are refused', () => {
  const bad = [
    'localhost',
    'a.localhost',
    'printer',
    'nas.local',
    'x.internal',
    'a..b',
    '',
    '.',
    'exa mple.com',
    'example.com\0.evil.org',
    'a@b.org',
    `${'a'.repeat(64)}.com`,
    `${'a.'.repeat(127)}com`,
  ]
  for (const host of bad) assert.equal(judgeHost(open, host).kind, 'refuse', host)
})

test('a list admits its own names and what is below a star, and nothing that merely ends alike', () => {
  for (const host of ['example.com', 'EXAMPLE.com', 'example.com.', 'a.example.org', 'b.a.example.org']) {
    assert.equal(judgeHost(list, host).kind, 'allow', host)
  }
  for (const host of [
    'www.example.com',
    'notexample.com',
    'example.com.evil.net',
    'example.org',
    'badexample.org',
  ]) {
    assert.equal(judgeHost(list, host).kind, 'refuse', host)
  }
})

test('a list opens the ports of the web, and another only by its number', () => {
  const hosts = ['example.com', 'git.example.com:22', '*.example.org:8443']
  const judge = (host: string, port?: number) => judgeHost({ kind: 'allow', hosts }, host, port).kind
  for (const [host, port] of [
    ['example.com', undefined],
    ['example.com', 80],
    ['example.com', 443],
    ['git.example.com', 22],
    ['a.example.org', 8443],
  ] as const)
    assert.equal(judge(host, port), 'allow', `${host}:${port}`)
  for (const [host, port] of [
    ['example.com', 22],
    ['example.com', 25],
    ['example.com', 8443],
    ['git.example.com', 443],
    ['a.example.org', 443],
  ] as const)
    assert.equal(judge(host, port), 'refuse', `${host}:${port}`)
  assert.equal(judgeHost(open, 'example.com', 25).kind, 'allow')
})

test('where the egress is none no name is ever allowed', () => {
  fc.assert(fc.property(fc.domain(), host => judgeHost({ kind: 'none' }, host).kind === 'refuse'))
})

test('private, special and embedded addresses are not public', () => {
  const closed = [
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '192.0.2.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:8.8.8.8',
    '::ffff:10.0.0.1',
    'fe80::1',
    'fc00::1',
    'fd12::1',
    'ff02::1',
    '64:ff9b::a00:1',
    '2001:db8::1',
    '2002:a00:1::',
    '2001::1',
    'nonsense',
    '',
  ]
  for (const address of closed) assert.equal(isPublicAddress(address), false, address)
  for (const address of ['8.8.8.8', '1.1.1.1', '172.32.0.1', '2606:4700::1111', '2a00:1450::1']) {
    assert.equal(isPublicAddress(address), true, address)
  }
})
