// The small pure parts: padding, names, ids, blobs, mentions, device names, contact lists.
import assert from 'node:assert/strict'
import { createDecipheriv, createHmac } from 'node:crypto'
import { test } from 'node:test'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import {
  type ErrorCode,
  IdentityKeyPair,
  LibSignalErrorBase,
  PrivateKey,
  PublicKey,
} from '@signalapp/libsignal-client'
import fc from 'fast-check'
import { openBlob, paddedSize, sealBlob } from '../../../channels/signal/blob.ts'
import { endOf } from '../../../channels/signal/connection.ts'
import { readContacts } from '../../../channels/signal/contacts.ts'
import { ContactDetailsSchema, DeviceNameSchema } from '../../../channels/signal/generated/signal_pb.ts'
import { bytesOfUuid, parseServiceId, uuidOf } from '../../../channels/signal/ids.ts'
import { withMentions } from '../../../channels/signal/mentions.ts'
import { safeName } from '../../../channels/signal/names.ts'
import { pad, unpad } from '../../../channels/signal/padding.ts'
import { encryptDeviceName, openProvision } from '../../../channels/signal/provisioning.ts'
import { openService } from '../../../channels/signal/service.ts'
import { settingsFor } from './world.ts'

const someBytes = fc.uint8Array({ maxLength: 700 })

test('padding comes off again, whatever the content ends in', () => {
  fc.assert(
    fc.property(someBytes, content => {
      const padded = pad(content)
      assert.equal((padded.length + 1) % 160, 0)
      assert.deepEqual(Buffer.from(unpad(padded)), Buffer.from(content))
    }),
  )
})

test('padding in other steps comes off, and content without any is refused', () => {
  assert.deepEqual([...unpad(new Uint8Array([1, 2, 0x80]))], [1, 2])
  assert.deepEqual([...unpad(new Uint8Array([1, 0x80, 0, 0, 0, 0]))], [1])
  for (const bad of [[], [0, 0, 0], [1, 2, 3], [0x80, 1]])
    assert.throws(() => unpad(new Uint8Array(bad)), /padding/)
})

test('a name is one visible line in its own direction, and never longer than it may be', () => {
  assert.equal(safeName('Bob\u202egnp.exe'), 'Bobgnp.exe')
  assert.equal(safeName('  Al\tice \n\u0000 of \u2066Wonder\u2069land '), 'Al ice of Wonderland')
  assert.equal(safeName('\u200b\u200d\u2060\ufeff'), '')
  assert.equal(safeName('Bob 👩‍👩‍👧'), 'Bob 👩‍👩‍👧')
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), name => {
      const safe = safeName(name)
      assert.ok(!/[\p{Cc}\u202a-\u202e\u2066-\u2069\u200e\u200f\u2028\u2029]/u.test(safe))
      assert.ok(safe.length <= 240)
      assert.equal(safe, safe.trim())
    }),
  )
})

test('service ids are read from bytes and from text, and nothing else passes for one', () => {
  const uuid = '0f4cbd8a-3a4b-4c1e-9d53-0a1b2c3d4e5f'
  const none = new Uint8Array()
  assert.equal(uuidOf(bytesOfUuid(uuid)), uuid)
  assert.deepEqual(parseServiceId(bytesOfUuid(uuid)), { kind: 'aci', uuid })
  assert.deepEqual(parseServiceId(new Uint8Array([1, ...bytesOfUuid(uuid)])), { kind: 'pni', uuid })
  assert.deepEqual(parseServiceId(none, uuid.toUpperCase()), { kind: 'aci', uuid })
  assert.deepEqual(parseServiceId(none, `PNI:${uuid}`), { kind: 'pni', uuid })
  for (const text of ['', 'PNI:', 'bob', `${uuid} `, `x${uuid}`])
    assert.equal(parseServiceId(none, text), undefined)
  assert.equal(parseServiceId(new Uint8Array(17)), undefined)
  assert.equal(parseServiceId(new Uint8Array(15)), undefined)
})

test('a sealed blob opens with its keys alone, and hides its size in steps', () => {
  fc.assert(
    fc.property(someBytes, fc.nat(), (plain, at) => {
      const { blob, secret, digest } = sealBlob(plain)
      assert.deepEqual(Buffer.from(openBlob(blob, secret, digest, plain.length)), Buffer.from(plain))
      const damaged = Buffer.from(blob)
      damaged[at % damaged.length]! ^= 1
      assert.throws(() => openBlob(damaged, secret, digest, plain.length))
      const otherKey = Buffer.from(secret)
      otherKey[40]! ^= 1
      assert.throws(() => openBlob(blob, otherKey, digest, plain.length))
    }),
    { numRuns: 50 },
  )
  assert.equal(paddedSize(0), 541)
  assert.equal(paddedSize(541), 541)
  for (const size of [600, 10_000, 1_000_000])
    assert.ok(paddedSize(size) >= size && paddedSize(size) <= size * 1.06)
})

test('a member named with @ is mentioned, a longer name before a shorter one', () => {
  const [bob, bobToo] = ['0f4cbd8a-3a4b-4c1e-9d53-0a1b2c3d4e5f', '1f4cbd8a-3a4b-4c1e-9d53-0a1b2c3d4e5f']
  const members = [
    { aci: bob, name: 'Bob' },
    { aci: bobToo, name: 'Bob Bee' },
    { aci: bob, name: '' },
  ]
  const { body, bodyRanges } = withMentions('@Bob Bee and @Bob: not @Bobby, nor me@Bob', members)
  assert.equal(body, '\ufffc and \ufffc: not @Bobby, nor me@Bob')
  assert.deepEqual(
    bodyRanges.map(range => [range.start, uuidOf(range.mentionAciBinary!)]),
    [
      [0, bobToo],
      [6, bob],
    ],
  )
})

test('the device name is readable by the account and by nobody else', () => {
  const account = IdentityKeyPair.generate()
  const sealed = fromBinary(DeviceNameSchema, encryptDeviceName('Küche', account.publicKey))
  const secret = account.privateKey.agree(PublicKey.deserialize(new Uint8Array(sealed.ephemeralPublic)))
  const hmac = (key: Uint8Array, data: Uint8Array | string) => createHmac('sha256', key).update(data).digest()
  const key = hmac(hmac(secret, 'cipher'), sealed.syntheticIv)
  const name = createDecipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(sealed.ciphertext)
  assert.equal(name.toString(), 'Küche')
  assert.deepEqual(hmac(hmac(secret, 'auth'), name).subarray(0, 16), Buffer.from(sealed.syntheticIv))
})

test('an answer to the code that does not authenticate is refused', () => {
  for (const answer of [new Uint8Array(), new Uint8Array(100).fill(1)]) {
    assert.throws(() => openProvision(answer, PrivateKey.generate()))
  }
})

test('a contact list is read as far as it is sound', () => {
  const aciBinary = bytesOfUuid('0f4cbd8a-3a4b-4c1e-9d53-0a1b2c3d4e5f')
  const entry = toBinary(
    ContactDetailsSchema,
    create(ContactDetailsSchema, { aciBinary, number: '+15550001', name: 'Bob' }),
  )
  const list = Buffer.concat(
    [[entry.length], entry, [entry.length], entry.subarray(0, 5)].map(part => Buffer.from(part)),
  )
  assert.deepEqual(readContacts(list), [{ aci: uuidOf(aciBinary), number: '+15550001', name: 'Bob' }])
  fc.assert(
    fc.property(someBytes, junk => {
      try {
        readContacts(junk)
      } catch (error) {
        assert.ok(error instanceof Error)
      }
    }),
  )
})

test('a test server is on this machine or nowhere', () => {
  const settings = settingsFor(1)
  const elsewhere = {
    ...settings,
    test_server: { ...settings.test_server!, storage_url: 'https://signal.example' },
  }
  assert.throws(() => openService(elsewhere, '/'), { code: 'config_invalid' })
})

test('each fault of the connection is waited out, or needs a person', () => {
  const fault = (code: keyof typeof ErrorCode, more: object = {}) =>
    endOf(Object.assign(new LibSignalErrorBase('x', code, 'connect'), more))
  assert.equal(fault('DeviceDelinked').kind, 'failed')
  assert.equal(fault('AppExpired').kind, 'failed')
  assert.equal(fault('ConnectedElsewhere').kind, 'failed')
  for (const code of ['ConnectionInvalidated', 'IoError', 'ChatServiceInactive'] as const)
    assert.equal(fault(code).kind, 'again')
  assert.deepEqual(fault('RateLimitedError', { retryAfterSecs: 7 }), {
    kind: 'again',
    error: 'Signal asks to connect less often',
    afterMs: 7_000,
  })
})
