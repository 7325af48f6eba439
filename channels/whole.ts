// Whether a message has what every message has: a platform may one day leave something out or send it in another form.
import type { Inbound } from '../src/channel.ts'

/** Both platforms number people, chats and messages. */
const number = /^-?\d{1,20}$/
const isText = (value: unknown): value is string => typeof value === 'string'

export const isWhole = (inbound: Inbound): boolean =>
  [inbound.place.id, inbound.place.thread ?? '0', inbound.sender.id].every(id => number.test(id)) &&
  [inbound.text, inbound.sender.name].every(isText) &&
  Number.isFinite(inbound.at) &&
  !/undefined|null|NaN|object/.test(inbound.externalId) &&
  [inbound.quote ?? { author: '', text: '' }].every(({ author, text }) => isText(author) && isText(text)) &&
  [inbound.reaction ?? { to: '', emoji: '' }].every(({ to, emoji }) => isText(to) && isText(emoji)) &&
  (inbound.attachments ?? []).every(({ name, mime, handle }) => [name, mime, handle].every(isText))
