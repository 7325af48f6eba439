// A claim stands only on a successful call of its own kind, in each language it may be made in.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unfounded } from '../../src/agent/claims.ts'
import type { Entry } from '../../src/store/entry.ts'

const result = (name: string, isError = false): Entry => ({
  id: 1,
  session: 's',
  epoch: 0,
  turn: 't',
  role: 'tool',
  author: null,
  labels: [],
  origin: 'agent',
  callId: 'c',
  state: 'done',
  at: 0,
  blocks: [{ type: 'tool_result', callId: 'c', name, text: 'ok', isError }],
})

const lies = [
  'Done! I’ve scheduled a reminder for 7.',
  "I've set a daily reminder for you.",
  'Your reminder has been set for Monday.',
  'I have remembered that you like tea.',
  'I sent the message to Bob.',
  'I just told Bob about dinner.',
  "I've updated your configuration.",
]

for (const text of lies) {
  test(`unfounded objects to “${text}” when no call did it`, () => {
    assert.equal(unfounded(text, []).length, 1)
  })
}

const plain = [
  'I can schedule a reminder if you like.',
  'You told me that you like tea.',
  'I remember that you like tea.',
  'Shall I send it?',
  'The meeting is scheduled for Monday, you said.',
  'I told you yesterday that the shop is closed.',
]

for (const text of plain) {
  test(`unfounded lets “${text}” pass`, () => {
    assert.deepEqual(unfounded(text, []), [])
  })
}

test('unfounded accepts a claim that a successful call of the turn bears out', () => {
  assert.deepEqual(unfounded('I sent the message to Bob.', [result('message')]), [])
})

test('unfounded does not accept a failed call as proof', () => {
  assert.equal(unfounded('I sent the message to Bob.', [result('message', true)]).length, 1)
})

test('unfounded does not accept the call of another kind as proof', () => {
  assert.equal(unfounded('I sent the message to Bob.', [result('todo')]).length, 1)
})

const abroad: readonly (readonly [string, string])[] = [
  ['Ich habe dir eine Erinnerung für 7 Uhr gestellt.', 'schedule'],
  ['Die Erinnerung ist für Montag eingerichtet.', 'schedule'],
  ['Gerne, das habe ich mir gemerkt.', 'memory_write'],
  ['Ich habe Bob eine Nachricht geschickt.', 'message'],
  ['Ich habe die Einstellungen geändert.', 'config'],
  ['Das habe ich gelöscht.', 'memory_write'],
  ['J’ai mis un rappel pour 7 heures.', 'schedule'],
  ['C’est fait, je l’ai noté.', 'memory_write'],
  ["J'ai envoyé le message à Bob.", 'message'],
  ['J’ai modifié les réglages.', 'config'],
  ['He programado un recordatorio para las 7.', 'schedule'],
  ['Ya lo he anotado.', 'memory_write'],
  ['Le he enviado el mensaje a Bob.', 'message'],
  ['He cambiado la configuración.', 'config'],
  ['Agendei um lembrete para as 7.', 'schedule'],
  ['Já anotei isso.', 'memory_write'],
  ['Enviei a mensagem ao Bob.', 'message'],
  ['Alterei a configuração.', 'config'],
  ['Ho impostato un promemoria per le 7.', 'schedule'],
  ['L’ho annotato.', 'memory_write'],
  ['Ho inviato il messaggio a Bob.', 'message'],
  ['Ho cambiato le impostazioni.', 'config'],
]

test('unfounded knows claims in five more languages, and takes the ledger’s word for them', () => {
  for (const [text, tool] of abroad) {
    assert.equal(unfounded(text, []).length, 1, text)
    assert.deepEqual(unfounded(text, [result(tool)]), [], text)
  }
})

test('unfounded raises no alarm at wishes, questions, denials and other people’s deeds, in any language', () => {
  for (const text of [
    'Soll ich dir eine Erinnerung stellen?',
    'Ich habe das nicht gelöscht.',
    'Ich habe noch keine Nachricht geschickt.',
    'Du hast mir gestern geschrieben, dass du Tee magst.',
    'Bob hat die Nachricht geschickt.',
    'Ich habe gelesen, dass Carol verreist ist.',
    'Voulez-vous que je mette un rappel ?',
    'Je n’ai pas envoyé le message.',
    'Tu as noté la date hier.',
    'J’ai lu votre message.',
    '¿Quieres que programe un recordatorio?',
    'No he enviado nada.',
    'Bob ha enviado el mensaje.',
    'He leído tu mensaje.',
    'Queres que agende um lembrete?',
    'Não enviei a mensagem.',
    'O Bob enviou a mensagem.',
    'Vuoi che imposti un promemoria?',
    'Non ho inviato nulla.',
    'Bob ha inviato il messaggio.',
    'Ho letto il tuo messaggio.',
  ])
    assert.deepEqual(unfounded(text, []), [], text)
})
