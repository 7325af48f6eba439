// A message as the transcript's entry: its words, its files, who wrote it, and what is told beside it.
import type { Clearance } from '../../access/clearance.ts'
import type { Speaker } from '../../access/household.ts'
import type { Inbound } from '../../channel.ts'
import { type Block, type NewEntry, type Origin, worst } from '../../store/entry.ts'
import { spokenOrigin, spokenText, strangerAuthor } from '../said.ts'
import { scheduleChannel } from '../schedule/job.ts'
import { nothingTaken, type Taken } from './attachments.ts'
import { contextLine } from './context-line.ts'

export interface Spoken {
  readonly inbound: Inbound
  readonly clearance: Clearance
  readonly speaker: Speaker
  /** Told beside it, each a paragraph. */
  readonly extra?: readonly string[]
  readonly taken?: Taken | undefined
}

/** `timezone` is for whoever has none of their own. */
export function entryOf(spoken: Spoken, timezone: string, now: number): NewEntry {
  const { inbound, clearance, speaker, extra = [], taken = nothingTaken } = spoken
  const person = speaker.kind === 'person' ? speaker.person : null
  const internal = inbound.channel === scheduleChannel && !person
  const context = contextLine({
    now,
    timezone: person?.timezone ?? timezone,
    channel: inbound.channel,
    writtenAt: inbound.at,
    extra,
  })
  return {
    role: 'user',
    blocks: [
      { type: 'context', text: context },
      ...taken.files,
      { type: 'text', text: spokenText(inbound, taken.lines) },
    ],
    author: internal ? null : (person?.id ?? strangerAuthor(inbound.sender.name)),
    labels: clearance.reads,
    origin: internal ? 'full' : worst([spokenOrigin(inbound, person), ...taken.files.map(originOfFile)]),
  }
}

/** A document that a person sends may be anybody’s words. */
const originOfFile = ({ type }: Block): Origin => (type === 'document' ? 'derived' : 'agent')
