// What unattended work would have to ask a person for: said when it is set and when it is shown, not when it stands still.
import type { Level } from '../../access/levels.ts'
import { type ApprovalRule, decide } from '../../agent/approval-rules.ts'
import type { Origin } from '../../store/entry.ts'
import type { Tool } from '../../tools/tool.ts'
import { answerHours } from '../consent.ts'

/** A sentence or two; empty when nothing would ask. `tools` are those that the work would have. */
export function needsOf(tools: readonly Tool[], level: Level, rules: readonly ApprovalRule[]): string {
  const asks = (origin: Origin) =>
    tools.filter(({ name, traits }) => {
      const call = { tool: name, input: {}, traits: traits({}), origin, level, rules }
      return decide(call).kind === 'ask'
    })
  const names = (of: readonly Tool[], but: readonly Tool[] = []) =>
    of.filter(tool => !but.includes(tool)).map(tool => tool.name)
  const always = asks('agent')
  const [derived, outside] = [asks('derived'), asks('outside')]
  const parts = [
    say(names(always), 'always'),
    ...rules.flatMap(({ tool, argument, answer }) =>
      answer === 'ask' && argument !== undefined && (tool === '*' || tools.some(({ name }) => name === tool))
        ? [`${tool === '*' ? 'any tool' : tool} where its arguments hold “${argument}”`]
        : [],
    ),
    say(names(derived, always), 'after something derived from outside text'),
    say(names(outside, [...always, ...derived]), 'after text from outside'),
  ].filter(Boolean)
  if (parts.length === 0) return ''
  return `When it works unattended, it asks for a yes before: ${parts.join('; ')}. It then waits; no answer in ${answerHours} hours counts as no, and it goes on without.`
}

const say = (names: readonly string[], when: string): string =>
  names.length === 0 ? '' : `${names.join(', ')} (${when})`
