// A model's failure as a sentence: what happened and what to do, with details only for who may mend it.
import { atLeast, type Level } from '../access/levels.ts'
import type { FailureKind } from '../agent/model.ts'

const sentences: Record<FailureKind, string> = {
  auth: 'The provider refuses the key. The owner has to check it (`coop doctor`).',
  rate_limit: 'The provider’s limit is reached for now. Say /retry in a minute.',
  overloaded: 'The provider cannot answer just now. Say /retry in a minute.',
  network: 'The provider cannot be reached. Say /retry when the connection is back.',
  overflow: 'This conversation is too long for the model. Say /new to begin afresh.',
  rejected: 'The provider refused this request. Say /retry, or /new to begin afresh.',
  broken: 'The model’s answer was garbled or broke off. Say /retry to try again.',
  budget: 'Today’s budget for this is used up. Tomorrow there is more; the owner can change it.',
  aborted: 'Stopped.',
}

/** The sentence for `kind`; a full person also reads what the provider said. */
export function failureText(kind: FailureKind, message: string, level: Level): string {
  return atLeast(level, 'full') ? `${sentences[kind]} (${message.slice(0, 300)})` : sentences[kind]
}
