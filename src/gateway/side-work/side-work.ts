// What is done beside the journey: remembering, summing up, and letting go of what disappeared from its chat.
import type { Household } from '../../access/household.ts'
import type { Models } from '../../agent/models/models.ts'
import type { Boxes } from '../../box/room.ts'
import type { Config } from '../../config/load.ts'
import type { Log } from '../../log.ts'
import type { Memory } from '../../memory/memory.ts'
import type { Store } from '../../store/store.ts'
import type { Tracer } from '../../trace/trace.ts'
import { tracedStream } from '../conversation/traced.ts'
import type { Gatekeeper } from '../doors/gatekeeper.ts'
import type { ModelChoice } from '../model-choice.ts'
import { authorName } from '../said.ts'
import { type Compactor, openCompactor } from './compaction.ts'
import { type Expiry, openExpiry } from './expiry.ts'
import { openRemember, type Remember } from './remember.ts'

export interface SideWorkOptions {
  readonly store: Store
  readonly memory: Memory
  readonly boxes: Boxes
  /** Whether the box holds is known by then. */
  readonly ready: Promise<unknown> | undefined
  readonly household: () => Household
  readonly config: () => Config
  readonly models: () => Models
  /** The cheap model. */
  readonly sideModel: () => string
  readonly modelFor: ModelChoice['modelFor']
  readonly gatekeeper: Gatekeeper
  /** Whether a turn is running. */
  readonly busy: () => boolean
  readonly log: Log
  readonly tracer: Tracer
  readonly now: () => number
}

export interface SideWork {
  readonly remember: Remember
  readonly compactor: Compactor
  readonly expiry: Expiry
}

export function openSideWork(options: SideWorkOptions): SideWork {
  const { household, models, modelFor, sideModel, tracer } = options
  return {
    remember: openRemember({ ...options, settings: () => options.config().settings }),
    compactor: openCompactor({
      ...options,
      stream: (trace, model) => tracedStream(models, tracer, { trace, parent: null, model, began() {} }),
      cost: (name, usage) => models().cost(name, usage),
      // The offline model keeps no notes: what it would write is not the conversation.
      models: () => [...new Set([sideModel(), modelFor(null)])].filter(name => !name.startsWith('offline/')),
      contextOf: ({ id, person }) =>
        models().factsOf(modelFor(household().people.get(person ?? '') ?? null, id)).context,
      nameOf: author => (author === null ? null : authorName(author, household())),
    }),
    expiry: openExpiry({ ...options, reissue: options.gatekeeper.reissue }),
  }
}
