// Which conversation a message belongs to.
import type { Speaker } from '../access/household.ts'
import { type Place, placeKey } from '../channel.ts'
import type { NewSession } from '../store/sessions.ts'

/** The session of a message: one a person for direct chats (or one a person and channel), one a group and thread. */
export function sessionFor(speaker: Speaker, place: Place, direct: 'person' | 'channel'): NewSession {
  if (place.kind === 'group')
    return { id: placeKey(place), kind: 'group', person: null, title: place.title ?? null }
  if (speaker.kind === 'stranger')
    return {
      id: `stranger:${place.channel}:${place.id}`,
      kind: 'direct',
      person: null,
      title: speaker.sender.name,
    }
  const { person } = speaker
  const id = direct === 'person' ? `direct:${person.id}` : `direct:${person.id}:${place.channel}`
  return { id, kind: 'direct', person: person.id, title: person.name }
}
