// What unattended work would have to ask a person for: said when it is set and when it is shown, not when it stands still.
import type { Level } from '../../access/levels.ts'
import { type ApprovalRule, decide } from '../../agent/approval-rules.ts'
import type { Origin } from '../../store/entry.ts'
import type { Tool } from '../../tools/tool.ts'
import { answerHours } from '../consent.ts'

export interface Need {
  readonly tools: readonly string[]
  /** Always, while the prompt holds text of such an origin, or where the arguments fit a rule’s pattern. */
  readonly when: 'always' | 'derived' | 'outside' | { readonly argument: string }
}

/** Empty when nothing would ask. `tools` are those that the work would have. */
export function needsOf(tools: readonly Tool[], level: Level, rules: readonly ApprovalRule[]): Need[] {
  const asks = (origin: Origin) =>
    tools.filter(({ name, traits }) => {
      const call = { tool: name, input: {}, traits: traits({}), origin, level, rules }
      return decide(call).kind === 'ask'
    })
  const names = (of: readonly Tool[], but: readonly Tool[] = []) =>
    of.filter(tool => !but.includes(tool)).map(tool => tool.name)
  const always = asks('agent')
  const [derived, outside] = [asks('derived'), asks('outside')]
  const byRule = rules.flatMap(({ tool, argument, answer }): Need[] =>
    answer === 'ask' && argument !== undefined && (tool === '*' || tools.some(({ name }) => name === tool))
      ? [{ tools: [tool], when: { argument } }]
      : [],
  )
  const all: Need[] = [
    { tools: names(always), when: 'always' },
    ...byRule,
    { tools: names(derived, always), when: 'derived' },
    { tools: names(outside, [...always, ...derived]), when: 'outside' },
  ]
  return all.filter(need => need.tools.length > 0)
}

/** A sentence or two; empty when there are none. */
export const needsText = (needs: readonly Need[]): string =>
  needs.length === 0
    ? ''
    : `When it works unattended, it asks for a yes before: ${askedFor(needs)}. It then waits; no answer in ${answerHours} hours counts as no, and it goes on without.`

/** What is asked for and when, as part of a sentence. */
export const askedFor = (needs: readonly Need[]): string => needs.map(inWords).join('; ')

function inWords({ tools, when }: Need): string {
  const names = tools.map(name => (name === '*' ? 'any tool' : name)).join(', ')
  return typeof when === 'string'
    ? `${names} (${words[when]})`
    : `${names} where its arguments hold “${when.argument}”`
}

const words = {
  always: 'always',
  derived: 'after something derived from outside text',
  outside: 'after text from outside',
} as const
