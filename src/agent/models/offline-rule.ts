// A rule of the offline model: a sentence it knows, and what it says or calls then.
import type { Block } from '../../store/entry.ts'
import type { ModelRequest } from '../model.ts'

export interface Said {
  readonly text: string
  readonly calls: readonly Extract<Block, { type: 'tool_call' }>[]
}

export interface Rule {
  readonly pattern: RegExp
  /** The tool that the rule uses; without it the rule does not apply. */
  readonly tool?: string
  /** Its pattern goes once over a text, however long that is. */
  readonly long?: true
  readonly say: (found: RegExpExecArray, request: ModelRequest) => Said | string
}

export const call = (request: ModelRequest, name: string, input: unknown): Said => ({
  text: '',
  calls: [{ type: 'tool_call', id: `offline_${request.messages.length}`, name, input }],
})
