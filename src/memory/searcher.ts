// Runs a search here or, for a large memory, in a worker thread, so that nothing else waits.
import { Worker } from 'node:worker_threads'
import type { Files, Shelf } from './files.ts'
import { isDamage } from './mend.ts'
import { nearestRows } from './nearest.ts'
import type { Ranked } from './rank.ts'
import { type Limits, retrieve, sizeOf } from './retrieve.ts'
import type { ShelfRef } from './shelves.ts'

export interface Searcher extends Disposable {
  /** The best rows of these shelves, best first, at most `most`. */
  search(refs: readonly ShelfRef[], text: string, limits: Limits, most: number): Promise<Ranked[]>
  /** The rows of these shelves nearest to a vector, nearest first. */
  nearest(refs: readonly ShelfRef[], vector: Float32Array, most: number): Promise<Ranked[]>
}

/** What is looked for: words, or the neighbourhood of a vector. */
export type Quest =
  | { readonly kind: 'words'; readonly text: string; readonly limits: Limits; readonly most: number }
  | { readonly kind: 'vector'; readonly vector: Float32Array; readonly most: number }

export interface Job {
  readonly id: number
  readonly refs: readonly ShelfRef[]
  readonly quest: Quest
}

export type Answer =
  | { readonly id: number; readonly ranked: Ranked[] }
  | { readonly id: number; readonly error: string; readonly damaged: boolean }

export interface WorkerSetup {
  readonly path: string
  readonly migrations: string
}

/** Readable rows from which a search leaves the main thread. */
const workerRows = 25_000
/** So many dimensions of a row's vector take as long as the words of a row. */
const dimensionsLikeWords = 150

const damage = { code: 'SQLITE_CORRUPT' }

/** Answers a quest on this thread. */
export function look(shelves: readonly Shelf[], quest: Quest): Ranked[] {
  if (quest.kind === 'vector') return nearestRows(shelves, quest.vector, quest.most)
  return retrieve(shelves, quest.text, quest.limits).slice(0, quest.most)
}

export interface SearcherOptions {
  readonly files: Files
  readonly setup: WorkerSetup
  /** Called for the files of a search that met a damaged index; then it runs once more. */
  readonly mend: (owner: string | null) => void
  /** Readable rows from which a search leaves the main thread. */
  readonly threshold?: number | undefined
}

export function openSearcher({ files, setup, mend, threshold = workerRows }: SearcherOptions): Searcher {
  let worker: Worker | undefined
  let next = 0
  const waiting = new Map<number, { resolve: (ranked: Ranked[]) => void; reject: (error: Error) => void }>()

  function started(): Worker {
    if (worker) return worker
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const fresh = new Worker(new URL(`./search-worker.${extension}`, import.meta.url), { workerData: setup })
    fresh.unref()
    fresh.on('message', (answer: Answer) => {
      const job = waiting.get(answer.id)
      waiting.delete(answer.id)
      if (waiting.size === 0) fresh.unref()
      if ('error' in answer) job?.reject(Object.assign(new Error(answer.error), answer.damaged ? damage : {}))
      else job?.resolve(answer.ranked)
    })
    const ended = (error: Error) => {
      if (worker === fresh) worker = undefined
      for (const job of waiting.values()) job.reject(error)
      waiting.clear()
    }
    fresh.on('error', ended)
    fresh.on('exit', () => ended(new Error('the search worker ended')))
    worker = fresh
    return fresh
  }

  async function answer(refs: readonly ShelfRef[], quest: Quest): Promise<Ranked[]> {
    try {
      return await ask(refs, quest)
    } catch (error) {
      if (!isDamage(error)) throw error
      for (const owner of new Set(refs.map(ref => ref.owner))) mend(owner)
      return await ask(refs, quest)
    }
  }

  async function ask(refs: readonly ShelfRef[], quest: Quest): Promise<Ranked[]> {
    const shelves = refs.flatMap(ref => files.existing(ref) ?? [])
    if (sizeOf(shelves).rows * costOf(quest) <= threshold) return look(shelves, quest)
    const id = next++
    const target = started()
    return await new Promise<Ranked[]>((resolve, reject) => {
      waiting.set(id, { resolve, reject })
      target.ref()
      target.postMessage({ id, refs, quest } satisfies Job)
    })
  }

  return {
    search: (refs, text, limits, most) => answer(refs, { kind: 'words', text, limits, most }),
    nearest: (refs, vector, most) => answer(refs, { kind: 'vector', vector, most }),
    [Symbol.dispose]() {
      void worker?.terminate()
      worker = undefined
    },
  }
}

const costOf = (quest: Quest): number =>
  quest.kind === 'words' ? 1 : Math.max(1, quest.vector.length / dimensionsLikeWords)
