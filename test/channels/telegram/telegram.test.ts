// Telegram beyond the contract: every kind of update, files, webhook, and what goes wrong.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Message, Update } from 'grammy/types'
import { inboundOf } from '../../../channels/telegram/inbound.ts'
import { secretTokenFor } from '../../../channels/telegram/webhook.ts'
import { freePort } from '../../support/loopback.ts'
import { until } from '../../support/until.ts'
import { ready } from '../contract.ts'
import { listen } from '../listener.ts'
import { openTelegramRig } from './rig.ts'

const self = { id: 42, username: 'coop_bot' }
const alice = { id: 1001, is_bot: false, first_name: 'Alice', last_name: 'Doe' }
const group = { id: -100, type: 'supergroup', title: 'Household' }
const never = new AbortController().signal

const read = (message: object, kind = 'message') =>
  inboundOf(
    {
      update_id: 1,
      [kind]: {
        message_id: 7,
        date: 1_700_000_000,
        from: alice,
        chat: { id: 1001, type: 'private' },
        ...message,
      },
    } as unknown as Update,
    self,
  )

test('inbound reads words, captions, quotes, topics and who is addressed', () => {
  assert.equal(read({ text: 'hi' })?.externalId, '1001:7')
  assert.equal(read({ text: 'hi' })?.sender.name, 'Alice Doe')
  assert.equal(read({ text: '/status@coop_bot now' })?.text, '/status now')
  assert.equal(read({ text: 'hi', from: { ...alice, id: 42 } }), undefined)
  const topic = read({ text: 'hi', chat: group, is_topic_message: true, message_thread_id: 9 })
  assert.deepEqual(topic?.place, {
    channel: 'telegram',
    kind: 'group',
    id: '-100',
    thread: '9',
    title: 'Household',
  })
  assert.equal(topic?.addressed, false)
  const mention = {
    text: 'hey @coop_bot',
    chat: group,
    entities: [{ type: 'mention', offset: 4, length: 9 }],
  }
  assert.equal(read(mention)?.addressed, true)
  const answer = { text: 'yes', reply_to_message: { message_id: 6, text: 'sure?', from: { id: 42 } } }
  assert.deepEqual(read(answer)?.quote, { author: '42', text: 'sure?', of: 'agent' })
})

test('inbound reads each kind of file with its name and type', () => {
  const file = { file_id: 'f', file_unique_id: 'u', file_size: 5 }
  const kinds: [object, string, string][] = [
    [{ photo: [{ ...file, file_id: 'small' }, file] }, 'image', 'photo.jpg'],
    [{ voice: { ...file, duration: 1 } }, 'audio', 'voice.ogg'],
    [{ audio: { ...file, file_name: 'a.mp3' } }, 'audio', 'a.mp3'],
    [{ video: { ...file, file_name: 'v.mp4' } }, 'video', 'v.mp4'],
    [{ video_note: file }, 'video', 'video-note.mp4'],
    [{ animation: file, document: file }, 'video', 'animation.mp4'],
    [{ document: { ...file, file_name: 'd.pdf', mime_type: 'application/pdf' } }, 'file', 'd.pdf'],
    [{ sticker: { ...file, emoji: '🙂' } }, 'image', 'sticker.webp'],
  ]
  for (const [message, kind, name] of kinds) {
    const [attachment] = read(message)?.attachments ?? []
    assert.deepEqual(
      [attachment?.kind, attachment?.name, attachment?.handle, attachment?.size],
      [kind, name, 'f', 5],
    )
  }
})

test('inbound puts into words what is no file, and ignores what nobody said', () => {
  assert.equal(read({ location: { latitude: 38.7, longitude: -9.1 } })?.text, '[location: 38.7, -9.1]')
  assert.equal(read({ contact: { first_name: 'Bob', phone_number: '+351' } })?.text, '[contact: Bob +351]')
  assert.equal(
    read({ poll: { question: 'When?', options: [{ text: 'now' }, { text: 'later' }] } })?.text,
    '[poll: When? (now / later)]',
  )
  assert.equal(read({ sticker: { file_id: 'f', emoji: '🙂', is_animated: true } })?.text, '[sticker 🙂]')
  assert.equal(read({ dice: { emoji: '🎲', value: 4 } })?.text, '[🎲 4]')
  assert.equal(read({ new_chat_title: 'x' }), undefined)
  assert.equal(inboundOf({ update_id: 1, my_chat_member: {} } as unknown as Update, self), undefined)
})

test('who is addressed is read from the words where the server marks no names', () => {
  const addressed = (text: string) => read({ text, chat: group })?.addressed
  for (const text of ['@coop_bot', 'so, @COOP_bot?', '/status@coop_bot', 'see /status@coop_bot'])
    assert.equal(addressed(text), true, text)
  for (const text of ['coop_bot', '@coop_botany', 'mail@coop_bot', '@@coop_bot', '@bob, what of coop_bot?'])
    assert.equal(addressed(text), false, text)
})

test('a server that answers tersely gets each message once and is not asked without a pause', async () => {
  await using rig = await openTelegramRig()
  const { telegram, place } = rig
  telegram.terse = true
  telegram.members.set(-100, [{ id: 1001, name: 'Alice' }])
  await using channel = await rig.channel()
  await using listener = listen(channel)
  await until('it is connected', () => channel.state().kind === 'connected')
  telegram.write({ id: 1001, name: 'Alice' }, 'in the group', { chat: -100 })
  assert.equal((await listener.take(1))[0]?.text, 'in the group')
  assert.deepEqual(await channel.send({ key: 'k', place, text: 'once' }, never), {
    kind: 'sent',
    externalId: `1001:${telegram.sent()[0]!.messageId}`,
  })
  assert.equal(telegram.sent()[0]!.body['chat_id'], 1001)
  const inGroup = { channel: 'telegram', kind: 'group', id: '-100' } as const
  assert.deepEqual(await channel.members!(inGroup, never), { kind: 'count', count: 1 })
  const polls = () => telegram.calls.filter(({ method }) => method === 'getUpdates')
  await until('it is hasty no more', () => polls().length > 100)
  const late = polls().slice(60, 100)
  assert.ok(late.at(-1)!.at - late[0]!.at > 300, 'it rests between polls')
})

test('inbound names an edit by its time and by what it replaces', () => {
  const edit = read({ text: 'better', edit_date: 1_700_000_050 }, 'edited_message')
  assert.equal(edit?.externalId, '1001:7:1700000050.1')
  assert.deepEqual(edit?.revises, { externalId: '1001:7' })
})

test('files go out as photos or documents, with the text as caption when it fits', async () => {
  await using rig = await openTelegramRig()
  await using channel = await rig.channel()
  const file = { name: 'a.png', mime: 'image/png', bytes: new Uint8Array([1, 2, 3]) }
  const pdf = { name: 'b.pdf', mime: 'application/pdf', bytes: new Uint8Array([4]) }
  const result = await channel.send(
    { key: 'k', place: rig.place, text: '**Here.**', attachments: [file, pdf] },
    never,
  )
  assert.equal(result.kind, 'sent')
  assert.deepEqual(
    rig.telegram.sent().map(sent => [sent.method, sent.text]),
    [
      ['sendPhoto', 'Here.'],
      ['sendDocument', ''],
    ],
  )
  const huge = { ...pdf, bytes: new Uint8Array(50_000_001) }
  const refused = await channel.send({ key: 'l', place: rig.place, text: 'x', attachments: [huge] }, never)
  assert.match('reason' in refused ? refused.reason : '', /b\.pdf is larger than the 50 MB/)
})

test('a received file is fetched by its handle, and one too large is refused with a sentence', async () => {
  await using rig = await openTelegramRig()
  await using channel = await rig.channel()
  rig.telegram.files.set('f', new Uint8Array([9, 9]))
  const attachment = { kind: 'file', name: 'a.bin', mime: 'x/y', handle: 'f' } as const
  assert.deepEqual([...(await channel.fetch!(attachment, never))], [9, 9])
  await assert.rejects(channel.fetch!({ ...attachment, size: 21_000_000 }, never), /larger than the 20 MB/)
})

test('marks that Telegram refuses are left away rather than the message', async () => {
  await using rig = await openTelegramRig()
  await using channel = await rig.channel()
  const refusals = ["can't parse entities", 'ENTITY_BOUNDS_INVALID', 'Wrong HTTP URL specified']
  for (const description of refusals) {
    rig.telegram.fail('sendMessage', { status: 400, description: `Bad Request: ${description}` })
    const result = await channel.send({ key: description, place: rig.place, text: '**so**' }, never)
    assert.equal(result.kind, 'sent')
  }
  assert.deepEqual(rig.shown(), ['**so**', '**so**', '**so**'])
})

test('a second program with the same token is named as the cause, and polling goes on when it is gone', async () => {
  await using rig = await openTelegramRig()
  rig.telegram.fail('getUpdates', {
    status: 409,
    description: 'Conflict: terminated by other getUpdates request',
  })
  await using channel = await rig.channel()
  await using _listener = listen(channel)
  await until('the conflict is told', () => {
    const state = channel.state()
    return 'error' in state && /another program/.test(state.error)
  })
  await ready(channel)
})

test('a webhook that stands in the way of polling is taken down', async () => {
  await using rig = await openTelegramRig()
  rig.telegram.fail('getUpdates', {
    status: 409,
    description: "Conflict: can't use getUpdates method while webhook is active",
  })
  await using channel = await rig.channel()
  await using _listener = listen(channel)
  await ready(channel)
  assert.ok(rig.telegram.calls.some(call => call.method === 'deleteWebhook'))
})

test('by webhook an update is taken only with its secret, and confirmed only once it is stored', async () => {
  const port = await freePort()
  await using rig = await openTelegramRig({ webhook: { url: 'https://example.org/hook', port } })
  await using channel = await rig.channel()
  await using listener = listen(channel, 1)
  await ready(channel)
  const set = rig.telegram.calls.find(call => call.method === 'setWebhook')
  const secret = secretTokenFor(rig.telegram.token)
  assert.ok(set)
  assert.equal((set.body as { secret_token: string }).secret_token, secret)
  const message = {
    message_id: 1,
    date: 1,
    text: 'hello',
    from: alice,
    chat: { id: 1001, type: 'private' },
  } as Message
  const post = (token: string) =>
    fetch(`http://127.0.0.1:${port}/`, {
      method: 'POST',
      headers: { 'x-telegram-bot-api-secret-token': token },
      body: JSON.stringify({ update_id: 5, message }),
    }).then(
      response => response.status,
      () => 0,
    )
  assert.equal(await post('wrong'), 403)
  assert.notEqual(await post(secret), 200)
  await until('it is taken the second time', async () => (await post(secret)) === 200)
  assert.equal(listener.stored[0]?.text, 'hello')
})

test('a webhook that Telegram cannot reach is told with Telegram’s own words, and that it works again', async () => {
  const port = await freePort()
  await using rig = await openTelegramRig({ webhook: { url: 'https://example.org/hook', port, checkMs: 20 } })
  await using channel = await rig.channel()
  await using _listener = listen(channel)
  await ready(channel)
  rig.telegram.webhook = { pending_update_count: 2, last_error_message: 'Wrong response: 502 Bad Gateway' }
  await until('the fault', () => {
    const state = channel.state()
    return 'error' in state && /cannot bring its updates to https:.*502 Bad Gateway/.test(state.error)
  })
  rig.telegram.webhook = { pending_update_count: 0, last_error_message: 'Wrong response: 502 Bad Gateway' }
  await ready(channel)
})

test('a repeat of a part with several files sends only what is not out yet, a draft replaced or not', async () => {
  await using rig = await openTelegramRig()
  await using channel = await rig.channel()
  const draft = await channel.draft!({ key: 'd', place: rig.place, text: 'half …' }, never)
  assert.ok(draft.kind === 'sent' && draft.externalId)
  const file = (name: string) => ({ name, mime: 'application/pdf', bytes: new Uint8Array([4]) })
  const part = {
    key: 'k',
    place: rig.place,
    text: 'Here they are.',
    replaces: draft.externalId,
    attachments: [file('a.pdf'), file('b.pdf')],
  }
  rig.telegram.fail('sendDocument', { status: 502 })
  assert.equal((await channel.send(part, never)).kind, 'retry')
  assert.equal((await channel.send(part, never)).kind, 'sent')
  assert.deepEqual(
    rig.telegram.sent().map(({ method, text }) => [method, text]),
    [
      ['sendMessage', 'Here they are.'],
      ['sendDocument', ''],
      ['sendDocument', ''],
    ],
  )
})

test('a picture that Telegram cannot show goes out as a file', async () => {
  await using rig = await openTelegramRig()
  await using channel = await rig.channel()
  rig.telegram.fail('sendPhoto', { status: 400, description: 'Bad Request: PHOTO_INVALID_DIMENSIONS' })
  const attachments = [{ name: 'a.png', mime: 'image/png', bytes: new Uint8Array([1]) }]
  assert.equal(
    (await channel.send({ key: 'k', place: rig.place, text: '', attachments }, never)).kind,
    'sent',
  )
  assert.deepEqual(
    rig.telegram.sent().map(({ method }) => method),
    ['sendDocument'],
  )
})

test('no reason of a failed request holds the token', async () => {
  await using rig = await openTelegramRig()
  await using channel = await rig.channel()
  for (const fault of ['garbage', 'drop'] as const) {
    rig.telegram.fail('sendMessage', fault)
    const result = await channel.send({ key: 'k', place: rig.place, text: 'x' }, never)
    assert.ok(result.kind === 'retry' && !result.reason.includes(rig.telegram.token), fault)
  }
})
