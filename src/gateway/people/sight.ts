// What somebody's next turn would hold, and what their turns did hold, as far as whoever asks may know.
import { viewOf } from '../../access/clear.ts'
import type { Person } from '../../access/household.ts'
import { personalOf } from '../../access/levels.ts'
import type { Config } from '../../config/load.ts'
import { openFiles } from '../../desk/files.ts'
import { openSkills } from '../../desk/skills.ts'
import type { Memory } from '../../memory/memory.ts'
import { lineOf } from '../../memory/prompt-index.ts'
import type { MemoryView } from '../../memory/view.ts'
import { wouldSee } from '../../memory/would-see.ts'
import type { Disclosures } from '../../store/disclosure.ts'
import { build } from '../prompts.ts'

/** What a person would be given in a direct chat on one channel. */
export interface Foresight {
  readonly channel: string
  readonly opens: readonly string[]
  readonly stores: readonly { readonly store: string; readonly memories: number }[]
  /** Memories that would go with the message. */
  readonly memories: readonly string[]
  /** Memories of the person’s own store, that only they may know. */
  readonly hidden: number
  readonly files: readonly string[]
}

export interface Hindsight {
  readonly rows: readonly {
    readonly at: number
    readonly kind: 'memory' | 'file'
    readonly ref: string
    readonly session: string
    readonly audience: readonly string[]
    /** What a memory says, if whoever asks may read it and it is still there. */
    readonly text: string | null
  }[]
  /** Left out, by whose own they are. */
  readonly hidden: Readonly<Record<string, number>>
}

/** Beforehand: for a message that says `about`, on each channel the person is known on. */
export async function foresee(
  config: Config,
  memory: Memory,
  person: Person,
  viewer: string | null,
  about = '',
): Promise<Foresight[]> {
  const channels = new Set(person.matches.map(match => match.slice(0, match.indexOf(':'))))
  const found: Foresight[] = []
  for (const channel of channels.size > 0 ? channels : ['terminal']) {
    const clearance = viewOf(person, channel, config.household)
    const files = openFiles(clearance, config.paths.workspace, () => null)
    const skills = openSkills(clearance, () => files, config.paths.workspace, config.settings.skills)
    const { refs } = build({ clearance, files, skills }, { kind: 'person', person }, config)
    const { stores, rows, hidden } = await wouldSee(memory.open(clearance), viewer, about)
    found.push({ channel, opens: clearance.reads, stores, memories: rows.map(lineOf), hidden, files: refs })
  }
  return found
}

/** Afterwards: what the ledger has of turns whose reply the person could read. `mine` is the asker’s own view. */
export function lookBack(
  disclosures: Disclosures,
  mine: MemoryView | null,
  person: string,
  viewer: string | null,
  limit: number,
): Hindsight {
  const { rows, hidden } = disclosures.list({ viewer, person, limit })
  return {
    rows: rows.map(({ at, kind, ref, session, audience }) => ({
      at,
      kind,
      ref,
      session,
      audience,
      text: kind === 'memory' ? textOf(mine, ref) : null,
    })),
    hidden,
  }
}

/** What `foresee` found, for people: a line a memory. */
export const foresightLines = (person: Person, all: readonly Foresight[]): string[] =>
  all.flatMap(({ channel, opens, stores, memories, hidden, files }) => [
    `A message from ${person.name} on ${channel} opens ${opens.join(', ') || 'nothing'}.`,
    `  to search in: ${stores.map(({ store, memories }) => `${store} ${memories}`).join(', ') || 'nothing'}`,
    `  files in the prompt: ${files.join(', ') || 'none'}`,
    `  memories that would go with it: ${memories.length + hidden}`,
    ...memories.map(line => `    ${line}`),
    ...(hidden > 0 ? [`    ${hidden} of ${personalOf(person.id)}, for ${person.name} alone`] : []),
  ])

/** What `lookBack` found, for people: a line a row. */
export const hindsightLines = (person: Person, { rows, hidden }: Hindsight): string[] => [
  `Given in turns whose reply ${person.name} could read, newest first: ${rows.length === 0 ? 'nothing' : ''}`.trimEnd(),
  ...rows.map(
    ({ at, kind, ref, session, audience, text }) =>
      `  ${new Date(at).toISOString().slice(0, 16).replace('T', ' ')}  ${kind} ${kind === 'memory' ? ref.slice(0, 8) : ref}${text === null ? '' : `  ${text}`}  (${session}; ${audience.join(', ')})`,
  ),
  ...Object.entries(hidden).map(
    ([owner, count]) => `  and ${count} of ${personalOf(owner)}, for ${owner} alone`,
  ),
]

function textOf(view: MemoryView | null, id: string): string | null {
  try {
    return view?.get(id).text.replace(/\s+/g, ' ').slice(0, 160) ?? null
  } catch {
    // Forgotten since, or not open to whoever asks: the ledger's own row is all there is to say.
    return null
  }
}
