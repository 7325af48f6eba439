// Whether a call may run, waits for a person, or is refused: from its traits, the rules, and what the prompt holds.

import { atLeast, highest, type Level } from '../access/levels.ts'
import type { Origin } from '../store/entry.ts'
import type { Traits } from '../tools/tool.ts'
import { visible } from '../tools/visible.ts'
import { type Likeness, likenessOf } from './likeness.ts'

export interface ApprovalRule {
  /** A tool's name, or "*". */
  readonly tool: string
  /** A pattern that the arguments hold, written as JSON. */
  readonly argument?: string | undefined
  /** Only while the prompt holds text of this origin or worse. */
  readonly origin?: 'outside' | 'derived' | 'any' | undefined
  /** Only for people up to this level. */
  readonly who?: Level | undefined
  readonly answer: 'allow' | 'ask' | 'deny'
}

/** `of` is the lowest level whose yes suffices; `like`, what else a yes may be given for, null where each is asked. */
export type Decision =
  | { readonly kind: 'allow' }
  | {
      readonly kind: 'ask'
      readonly of: Level
      readonly question: string
      readonly like: Likeness | null
    }
  | { readonly kind: 'deny'; readonly reason: string }

export interface Deciding {
  readonly tool: string
  readonly input: unknown
  /** Of a tool's traits, what counts here. */
  readonly traits: Pick<Traits, 'reach' | 'ask' | 'of'>
  /** The worst origin in the prompt. */
  readonly origin: Origin
  /** The level of whoever the turn is for. */
  readonly level: Level
  readonly rules: readonly ApprovalRule[]
  /** Whether an address stands word for word in what a person wrote or a page showed: nothing can be hidden in it. */
  readonly given?: (address: string) => boolean
}

/**
 * The first rule that fits counts, then what DESIGN says of origins. A refusal holds always. A
 * permission lifts what outside text alone would ask for, and only if the rule names that origin;
 * strong calls and those whose traits ask are never waved through.
 */
export function decide(call: Deciding): Decision {
  const rule = call.rules.find(candidate => fits(candidate, call))
  if (rule?.answer === 'deny')
    return { kind: 'deny', reason: `A rule of this household refuses ${call.tool} here.` }
  const question = questionOf(call)
  const ask: Decision = {
    kind: 'ask',
    of: highest(call.traits.of ?? 'inner', call.level),
    question,
    like:
      call.traits.ask !== undefined || call.traits.reach === 'strong'
        ? null
        : likenessOf(call.tool, call.input),
  }
  if (call.traits.ask !== undefined || rule?.answer === 'ask') return ask
  const waits = waitsFor(call)
  if (waits === 'none') return { kind: 'allow' }
  const lifted = rule?.answer === 'allow' && rule.origin !== undefined && waits === 'standing'
  return lifted ? { kind: 'allow' } : ask
}

/** What waits because of where the prompt's text came from. */
function waitsFor({ traits, origin, tool, input, given }: Deciding): 'none' | 'standing' | 'strong' {
  if (origin !== 'outside' && origin !== 'derived') return 'none'
  if (traits.reach === 'strong') return 'strong'
  if (traits.reach !== 'standing' || origin !== 'outside') return 'none'
  const url = (input as { url?: unknown } | null)?.url
  // An address that was shown carries nothing out that its author did not know.
  return tool === 'web_fetch' && typeof url === 'string' && given?.(url) ? 'none' : 'standing'
}

function fits(rule: ApprovalRule, call: Deciding): boolean {
  if (rule.tool !== '*' && rule.tool !== call.tool) return false
  if (rule.who !== undefined && !atLeast(rule.who, call.level)) return false
  if (rule.origin === 'outside' && call.origin !== 'outside') return false
  if (rule.origin === 'derived' && call.origin !== 'outside' && call.origin !== 'derived') return false
  return rule.argument === undefined || new RegExp(rule.argument, 'u').test(JSON.stringify(call.input) ?? '')
}

const shownArguments = 1_500

/** What is asked, why, and what follows from a yes. */
function questionOf({ tool, input, traits, origin }: Deciding): string {
  if (traits.ask !== undefined) return traits.ask
  const text = visible(JSON.stringify(input) ?? '')
  const shown =
    text.length > shownArguments ? `${text.slice(0, shownArguments)} … (${text.length} characters)` : text
  const why =
    origin === 'outside'
      ? 'Text from outside is in this conversation, and this call reaches out or changes what stays.'
      : origin === 'derived'
        ? 'This rests on what was read outside, and it changes configuration, people, or writes to others.'
        : 'A rule of this household asks for a yes here.'
  return `${why}\n${tool} ${shown}\nA yes lets exactly this call run once.`
}
