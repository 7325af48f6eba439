// What people do in a chat besides writing: they send files, press buttons, react, and take up old conversations.
import { editOnTelegram, reactOnTelegram, telegramUser } from '../support/chats.ts'
import type { Action } from './actions.ts'
import { openDirect, seemsOpenInCircle, writerOf } from './people.ts'
import type { Town } from './town.ts'

const everybody = ['alice', 'bob', 'carol', 'mallory']

/** What the buttons of a message would send, as far as it answers a question. */
const answersOn = (body: object): string[] =>
  [...JSON.stringify(body).matchAll(/\/(?:approve|deny) [A-Z2-9]{6}[^"\\]*/g)].map(([words]) => words)

export function gesturesIn({
  chance,
  world,
  canaries,
  stage,
  note,
  speak,
  command,
  written,
}: Town): readonly Action[] {
  const { telegram } = stage
  let count = 0

  /** By anybody, whoever was shown the button: its words can be sent without it. */
  function press(): void {
    const all = telegram.sent().flatMap(({ body }) => answersOn(body))
    if (all.length === 0) return
    const who = writerOf(chance.of(everybody))
    telegram.push({
      callback_query: {
        id: `press${++count}`,
        from: telegramUser(who),
        chat_instance: '1',
        data: chance.of(all),
        message: { message_id: 1, date: 1, chat: { id: who.id, type: 'private', first_name: who.name } },
      },
    } as never)
  }

  function react(): void {
    const sent = telegram.sent().at(-1 - Math.floor(chance.next() * 5))
    if (!sent) return
    const who = chance.of(everybody)
    const circle = world.circles.find(({ id }) => String(id) === sent.chat)
    circle?.members.add(who)
    note()
    const chat = circle && { id: circle.id, type: 'supergroup', title: 'x' }
    reactOnTelegram(telegram, writerOf(who), sent.messageId, chance.of(['👍', '👎', '🎉']), chat)
  }

  function sendFile(): void {
    const who = chance.of(['alice', 'bob', 'carol'])
    // It lies where its person alone looks, whatever else is open to them then; of a stranger it lies nowhere.
    const isKnown = openDirect(world, who, 'telegram').size > 0
    const word = canaries.make(isKnown ? [`personal:${who}`] : [])
    const id = `file${++count}`
    telegram.files.set(id, Buffer.from(`written in a file: ${word}`))
    const document = { file_id: id, file_unique_id: id, file_name: `${id}.txt`, mime_type: 'text/plain' }
    speak(who, null, 'see what I send', { extra: { document } })
  }

  /** An old message or a new one, waiting, being answered or answered. */
  function edit(): void {
    const one = written.at(-1 - Math.floor(chance.next() * 6))
    if (!one) return
    const circle = world.circles.find(({ id }) => id === one.group)
    circle?.members.add(one.who)
    note()
    const word = canaries.make(
      circle ? seemsOpenInCircle(world, circle) : openDirect(world, one.who, 'telegram'),
    )
    editOnTelegram(telegram, one.message, `@coop_bot msg-${one.mark}- rather ${word}`)
  }

  function resume(): void {
    const group = chance.is(0.3) ? chance.of(world.circles).id : null
    const session = chance.of([
      ...['direct:alice', 'direct:bob', 'direct:carol', '1', '2'],
      `telegram:group:${world.circles[0]!.id}`,
    ])
    command(chance.of(everybody), group, `/resume ${session}`)
  }

  return [
    [2, 'file', sendFile],
    [3, 'press', press],
    [2, 'react', react],
    [3, 'edit', edit],
    [2, 'resume', resume],
  ]
}
