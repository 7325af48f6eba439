// Holds a reply to what was done: a claim without a successful call of this turn gets one correcting step.

import type { Entry } from '../store/entry.ts'
import { abroad } from './claims-abroad.ts'

interface Claim {
  /** What is claimed, for the correction. */
  readonly what: string
  readonly patterns: readonly RegExp[]
  /** Tools any of which makes it true. */
  readonly tools: readonly string[]
}

const i = String.raw`\bI(?:['’]ve|\s+have|['’]ll\s+have)?\s+(?:just\s+|now\s+|already\s+|also\s+)*`

const claims: readonly Claim[] = [
  {
    what: 'something was scheduled',
    patterns: [
      new RegExp(
        `${i}(?:scheduled|set (?:up )?(?:a|an|your|the) (?:\\w+ )?(?:reminder|alarm|appointment|job))|\\b(?:reminder|alarm) (?:is|has been) (?:set|scheduled)`,
        'i',
      ),
      ...abroad.scheduled,
    ],
    tools: ['schedule', 'bash', 'mcp'],
  },
  {
    what: 'something was remembered',
    patterns: [
      new RegExp(
        `${i}(?:remembered|memori[sz]ed|noted (?:it|that|this) (?:down|in)|saved (?:it|that|this) (?:to|in) (?:my )?memory|stored (?:it|that|this))`,
        'i',
      ),
      ...abroad.remembered,
    ],
    tools: ['memory_write', 'write_file', 'edit_file', 'bash', 'todo', 'mcp'],
  },
  {
    what: 'something was forgotten',
    patterns: [
      new RegExp(`${i}(?:forgotten|erased|deleted (?:it|that|this|them) from (?:my )?memory)`, 'i'),
      ...abroad.forgotten,
    ],
    tools: ['memory_write', 'bash'],
  },
  {
    what: 'a message was sent',
    patterns: [
      new RegExp(
        `${i}(?:sent|messaged|told|notified|texted|written to)\\s+(?:the |a |an |your |this |that )?(?:message|note|him|her|them|it to|[A-Z])`,
        '',
      ),
      ...abroad.sent,
    ],
    tools: ['message', 'bash', 'mcp'],
  },
  {
    what: 'the configuration was changed',
    patterns: [
      new RegExp(
        `${i}(?:changed|updated|patched|edited|added|set) (?:\\w+ ){0,3}(?:configuration|config|setting|settings|coop\\.toml)`,
        'i',
      ),
      ...abroad.configured,
    ],
    tools: ['config', 'people', 'edit_file', 'write_file', 'bash'],
  },
]

/** The claims in `text` that no successful call of the turn bears out. */
export function unfounded(text: string, turnEntries: readonly Entry[]): string[] {
  const done = new Set(
    turnEntries.flatMap(entry =>
      entry.blocks.flatMap(block =>
        block.type === 'tool_result' && !block.isError && entry.state === 'done' ? [block.name] : [],
      ),
    ),
  )
  return claims
    .filter(
      claim =>
        claim.patterns.some(pattern => pattern.test(text)) && !claim.tools.some(tool => done.has(tool)),
    )
    .map(claim => claim.what)
}

/** What the model is told, once, beside its own words. */
export const correction = (what: readonly string[]): string =>
  `[Coop: your answer says that ${what.join(' and that ')}, but no tool call of this turn did that. Do it now with a tool, or answer again and say plainly that it was not done. If it was done earlier, say when. The person has not seen your answer.]`
