// The history of the configuration: each change a generation, entered, settled, and told in words.
import { changeLine, diffSettings } from '../../config/diff.ts'
import type { Environment } from '../../config/environment.ts'
import { keepLastGood } from '../../config/last-good.ts'
import { type Config, configFrom } from '../../config/load.ts'
import type { Generation, Generations, Via } from '../../store/generations.ts'

export interface Author {
  /** Person id; null for the file itself and for Coop. */
  readonly who: string | null
  readonly via: Via
  readonly why: string
  /** The tool call: the same call changes once. */
  readonly call?: string
}

export interface HistoryOptions {
  readonly path: string
  readonly generations: Generations
  readonly env?: Environment
  readonly now: () => number
}

export function openHistory({ path, generations, env, now }: HistoryOptions) {
  /** Returns the new generation's number. */
  const add = (config: Config, diff: readonly string[], author: Author, state: 'probation' | 'kept') =>
    generations.add(
      { who: author.who, via: author.via, why: author.why, diff, text: config.text, state },
      author.call ?? null,
      now(),
    )

  function linesSince(text: string, latest: Config): string[] {
    try {
      const before = configFrom(text, path, 0, env)
      return diffSettings(before.settings, latest.settings).map(changeLine)
    } catch {
      return []
    }
  }

  return {
    add,
    /** The file as it stands at the start, if the history does not know it. */
    enterFirst(latest: Config): void {
      keepLastGood(path, latest.text)
      const last = generations.last()
      if (last?.text === latest.text) return
      if (last?.state === 'probation') {
        // Released first: a crash between the two leaves it to the next start.
        generations.release(last.id)
        generations.settle(last.id, 'rolled_back', 'interrupted before it took effect')
      }
      const known = last && last.state !== 'kept' ? generations.keptBefore(last.id) : last
      if (known?.text === latest.text) return
      const why = known
        ? 'the file was changed while Coop did not run'
        : 'the configuration that Coop began with'
      add(latest, known ? linesSince(known.text, latest) : [], { who: null, via: 'file', why }, 'kept')
    },
  }
}

/** What became of a change, in words. */
export function outcomeOf({ id, state, diff, reason }: Generation, waiting: readonly string[]): string {
  const lines = diff.join('\n')
  if (state === 'rolled_back') return `Generation ${id} was rolled back, ${reason}:\n${lines}`
  const late = waiting.length > 0 ? `\nWaiting for a restart: ${waiting.join(', ')}` : ''
  const tail = state === 'probation' ? ', still being watched' : ''
  return `Changed, generation ${id}${tail}:\n${lines}${late}`
}
