// What can be chosen from: the sessions, and everything said in one.
import { clean, oneLine } from '../clean.ts'
import type { LiveLink } from '../live-link.ts'
import type { Choice } from './chooser.ts'

export interface Found {
  readonly text: string
  /** Whether a person wrote it, rather than the agent. */
  readonly own: boolean
  readonly at: number
}

/** Pages of history that a search reads, newest first. */
const mostPages = 20
const pageSize = 500

export async function sessionChoices(link: LiveLink): Promise<Choice[]> {
  const { sessions } = await link.call('session/list', { limit: 200 })
  return sessions.map(({ id, title, updatedAt }) => ({
    value: id,
    label: `${oneLine(title, 60)}  ${minute(updatedAt)}${id === link.session ? '  (this one)' : ''}`,
  }))
}

/** What was said in the session that is followed, newest first. */
export async function saidIn(link: LiveLink): Promise<Found[]> {
  const found: Found[] = []
  let before: number | undefined
  for (let page = 0; page < mostPages; page++) {
    const { events, more } = await link.call('session/history', {
      session: link.session,
      limit: pageSize,
      ...(before === undefined ? {} : { before }),
    })
    for (const { event } of events.toReversed())
      if (event.type === 'user' || event.type === 'message')
        found.push({ text: clean(event.text), own: event.type === 'user', at: event.at })
    before = events[0]?.seq
    if (!more || before === undefined) break
  }
  return found
}

export const wordChoices = (found: readonly Found[]): Choice[] =>
  found.map(({ text, own, at }, index) => ({
    value: String(index),
    label: `${own ? '> ' : ''}${oneLine(text, 300)}`,
    description: minute(at),
  }))

/** A time to the minute, in this terminal's time zone. */
export function minute(at: number): string {
  const date = new Date(at)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`
}
