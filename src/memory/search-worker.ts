// The worker thread's side of a search: its own connections to the same files, one question at a time.
import { parentPort, workerData } from 'node:worker_threads'
import { messageOf } from '../errors.ts'
import { openFiles } from './files.ts'
import { isDamage } from './mend.ts'
import { type Answer, type Job, look, type WorkerSetup } from './searcher.ts'

if (parentPort) serve(parentPort, workerData as WorkerSetup)

function serve(port: NonNullable<typeof parentPort>, setup: WorkerSetup): void {
  const files = openFiles({ ...setup, now: Date.now })
  port.on('message', (job: Job) => port.postMessage(answer(job)))

  function answer({ id, refs, quest }: Job): Answer {
    try {
      const shelves = refs.flatMap(ref => files.existing(ref) ?? [])
      return { id, ranked: look(shelves, quest) }
    } catch (error) {
      return { id, error: messageOf(error), damaged: isDamage(error) }
    }
  }
}
