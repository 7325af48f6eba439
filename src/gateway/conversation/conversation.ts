// Works off the tasks of a lane: a message begins a turn or a stored one resumes, and runs to its end; a session is summed up.

import type { Lane } from '../lanes.ts'
import { type BeginOptions, openBegin } from './begin.ts'
import { type DraftFacts, openDraft } from './drafts.ts'
import { type EndOptions, openEnd } from './end.ts'
import { openResume, type ResumeOptions } from './resume.ts'
import { openRun, type RunOptions } from './run.ts'
import type { CompactTask, Task } from './task.ts'
import { openWithheld, type WithheldOptions } from './withheld.ts'

/** Each part of a turn's life says what it needs. */
export interface ConversationOptions
  extends BeginOptions,
    ResumeOptions,
    RunOptions,
    EndOptions,
    WithheldOptions {}

export function openConversation(options: ConversationOptions) {
  const { store, channel, gatekeeper, sender, compactor, log, now } = options
  const draft = (facts: DraftFacts) =>
    openDraft(facts, {
      settings: store.settings,
      channel,
      reissue: clearance => gatekeeper.reissue(clearance.grant()),
      idle: place => sender.idle(place),
      log,
      now,
    })
  const withheld = openWithheld(options)
  const begin = openBegin(options, withheld)
  const resume = openResume(options, withheld, draft)
  const run = openRun(options, draft, openEnd(options, withheld))

  return async function work(task: Task, lane: Lane<Task>): Promise<void> {
    if (task.kind === 'compact') return sumUp(task, lane.signal)
    const begun = task.kind === 'message' ? await begin(task, lane) : await resume(task.turn)
    if (begun) await run(begun, lane)
  }

  async function sumUp(task: CompactTask, signal: AbortSignal): Promise<void> {
    const clearance = await gatekeeper.reissue(task.clearance.grant())
    const session = store.sessions.get(task.session)
    if (!session || !(await compactor.compact(clearance, task.session, task.trace, signal))) return
    if (session.kind !== 'direct' && session.kind !== 'group') return
    const text =
      'I have summed up the older part of our conversation, to keep it short. All of it can still be searched.'
    options.office.note(session, clearance, text, task.trace)
  }
}
