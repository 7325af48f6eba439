// Documents that people send: read by the model where it can, kept and named where it cannot, never the end of a conversation.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { findBwrap } from '../../src/box/bwrap-runtime.ts'
import { type Recorded, refuse, say } from '../support/fake-anthropic.ts'
import { openFakeOpenAI } from '../support/fake-openai.ts'
import { bob, openStage, type Stage } from '../support/stage.ts'

const rent = '%PDF-1.7\n<< /Type /Page >>\nThe rent is 940 a month.\n%%EOF'
const openai = await openFakeOpenAI()
const stage = await openStage({
  idle: true,
  toml: `[models]
aliases = { reader = "local/gpt-5-mini", plain = "local/some-model" }
[[providers]]
name = "anthropic"
[[providers]]
name = "openai-compatible"
id = "local"
base_url = "${openai.url}"
`,
})
stage.home.file('workspaces/default/SOUL.md', 'Be kind.')
await stage.start()
after(async () => {
  await stage[Symbol.asyncDispose]()
  await openai[Symbol.asyncDispose]()
})

/** Without a box there is no folder to keep it in. */
const kept = (name: string) => (findBwrap() === undefined ? '' : `, kept as users/bob/inbox/${name}`)
let replies = 0
const reply = async () => (await stage.reply(bob.id, ++replies)).text
/** Bob says something and reads the answer. */
async function tell(text: string) {
  stage.telegram.write(bob, text)
  return reply()
}
async function sends(name: string, mime: string, content: string, caption: string, on: Stage = stage) {
  on.telegram.files.set(name, new TextEncoder().encode(content))
  const document = { file_id: name, file_unique_id: name, file_name: name, mime_type: mime }
  on.telegram.write(bob, '', { extra: { document, caption } })
  return reply()
}
const newestContent = ({ body }: Recorded) => body.messages.at(-1)!.content
const asked = () => stage.model.requests.at(-1)!

test('a PDF stands before its message as a document, and stays in the conversation byte for byte', async () => {
  assert.match(await sends('rent.pdf', 'application/pdf', rent, 'what is the rent?'), /what is the rent\?/)
  const content = newestContent(asked())
  const at = content.findIndex(block => block.type === 'document')
  assert.deepEqual(content[at], {
    type: 'document',
    title: 'rent.pdf',
    source: { type: 'base64', media_type: 'application/pdf', data: Buffer.from(rent).toString('base64') },
  })
  const words = content.findIndex(block => block.text?.includes('what is the rent?'))
  assert.ok(at < words, 'the document comes before the words about it')
  assert.ok(content[words]!.text!.includes(`[attached: file rent.pdf${kept('rent.pdf')}]`))
  const plain = (recorded: Recorded) =>
    JSON.stringify(recorded.body.messages).replace(/,"cache_control":\{[^}]*\}/g, '')
  const before = plain(asked()).slice(0, -2)
  await tell('and per year?')
  assert.ok(plain(asked()).startsWith(before))
})

test('a text file is read as text', async () => {
  await sends('list.csv', 'text/csv', 'milk;2\nbread;1', 'how much milk?')
  const document = newestContent(asked()).find(block => block.type === 'document')
  assert.deepEqual(document?.source, { type: 'text', media_type: 'text/plain', data: 'milk;2\nbread;1' })
})

test('what cannot be read is kept, and named with the reason', async () => {
  await sends('locked.pdf', 'application/pdf', `${rent}\ntrailer << /Encrypt 1 0 R >>`, 'and this?')
  const content = newestContent(asked())
  assert.ok(!content.some(block => block.type === 'document'))
  const line = `locked.pdf${kept('locked.pdf')}, not shown: it is protected by a password]`
  assert.ok(JSON.stringify(content).includes(line))
})

test('a document that the provider refuses is left out and named, and the conversation goes on', async () => {
  await tell('/new')
  const bad = Buffer.from('%PDF-1.7\nbroken').toString('base64')
  const before = stage.model.requests.length
  stage.model.otherwise = ({ body }) =>
    JSON.stringify(body).includes(bad) ? refuse(400, 'Could not process PDF') : say('as it may be')
  await sends('good.pdf', 'application/pdf', rent, 'keep this')
  assert.equal(await sends('bad.pdf', 'application/pdf', '%PDF-1.7\nbroken', 'and this?'), 'as it may be')
  const [, refused, second] = stage.model.requests.slice(before)
  assert.ok(refused!.raw.includes(bad))
  assert.match(second!.raw, /\[Coop: the file bad\.pdf was refused by the provider/)
  assert.match(second!.raw, /"title":"good\.pdf"/, 'the other document is still there')
  assert.equal(await tell('well?'), 'as it may be')
  assert.equal(stage.model.requests.length, before + 4, 'it is not offered again')
  assert.match(asked().raw, /bad\.pdf was refused/)
})

test('a request that is refused for another reason is told as before', async () => {
  stage.model.otherwise = () => refuse(400, 'something else')
  assert.match(await tell('hello?'), /^The provider refused this request/)
  stage.model.otherwise = () => say('back')
  assert.equal(await tell('now?'), 'back')
  assert.match(asked().raw, /"title":"good\.pdf"/, 'nothing was held against the good document')
})

test('an openai-compatible model that reads PDFs gets them as files, text as text', async () => {
  openai.answer = () => ({ text: 'read' })
  await tell('/model reader')
  await tell('/new')
  assert.equal(await sends('lease.pdf', 'application/pdf', rent, 'what is the rent?'), 'read')
  assert.equal(await sends('list.txt', 'text/plain', 'two milk', 'and this?'), 'read')
  const sent = openai.requests.at(-1)!.body.messages.filter(message => message.role === 'user')
  const data = `data:application/pdf;base64,${Buffer.from(rent).toString('base64')}`
  assert.deepEqual((sent[0]!.content as unknown[])[1], {
    type: 'file',
    file: { filename: 'lease.pdf', file_data: data },
  })
  assert.deepEqual((sent[1]!.content as unknown[])[1], { type: 'text', text: '[list.txt]\ntwo milk' })
})

test('a model that reads no PDFs is told of the file and where it lies', async () => {
  await tell('/model plain')
  assert.equal(await tell('can you read it?'), 'read')
  const sent = JSON.stringify(openai.requests.at(-1)!.body.messages)
  assert.match(sent, /the file lease\.pdf cannot be shown to this model/)
  assert.ok(sent.includes(`lease.pdf${kept('lease.pdf')}`))
  assert.doesNotMatch(sent, /file_data/)
  await tell('/model default')
})

test('a document counts by its pages, not by its bytes, where money is limited', async () => {
  await stage.configure(toml => `${toml}\n[budget]\ndaily_usd = { inner = 5 }\n`)
  await tell('/new')
  const long = `${rent}\n${'x'.repeat(2_000_000)}`
  assert.equal(await sends('long.pdf', 'application/pdf', long, 'what is the rent?'), 'back')
})
