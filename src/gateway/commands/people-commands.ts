// Commands that decide: /approve /deny, for questions that wait and for strangers.
import { atLeast, type Level, levels } from '../../access/levels.ts'
import { messageOf } from '../../errors.ts'
import type { Store } from '../../store/store.ts'
import type { ConsentOffice } from '../consent.ts'
import type { People } from '../people.ts'
import { type ChatCommand, type ChatContext, type CommandResult, say, saySecret } from './command.ts'

export interface PeopleCommandOptions {
  readonly store: Store
  readonly consent: ConsentOffice
  readonly people: People
}

export function peopleCommands(options: PeopleCommandOptions): ChatCommand[] {
  const { store, consent } = options

  /** An answer counts in a direct chat alone: in a group, others could have written it into somebody's mouth. */
  const answer = (context: ChatContext, verdict: 'approved' | 'denied'): CommandResult => {
    const { person, clearance, args } = context
    if (!person || clearance.place.kind !== 'direct') return say('Answer in a direct chat with me, please.')
    const [code, ...rest] = args.split(/\s+/)
    if (!code) return saySecret(openQuestions(context))
    try {
      const pairing = store.pairings.get(code)
      if (pairing && atLeast(clearance.acts, 'full')) {
        return saySecret(verdict === 'approved' ? admit(code, rest) : options.people.deny(code))
      }
      return saySecret(consent.answer(code, verdict, clearance))
    } catch (error) {
      return say(messageOf(error))
    }
  }

  function admit(code: string, words: readonly string[]): string {
    const trust = words.find(word => (levels as readonly string[]).includes(word)) as Level | undefined
    const name = words.filter(word => word !== 'as' && word !== 'trust' && word !== trust).join(' ')
    if (!name || !trust)
      return `Say who it is and how far they are trusted, like: /approve ${code} as Bob inner`
    return options.people.approve(code, name, trust)
  }

  function openQuestions({ clearance }: ChatContext): string {
    const questions = consent.openFor(clearance).map(open => `${open.id}: ${open.question}`)
    const strangers = atLeast(clearance.acts, 'full')
      ? store.pairings.open().map(open => `${open.code}: ${open.name} on ${open.channel} asks to be let in`)
      : []
    return [...questions, ...strangers].join('\n\n') || 'Nothing waits for you.'
  }

  return [
    {
      name: 'approve',
      usage: '/approve [CODE]',
      summary: 'say yes to a question that waits; without a code, list them',
      level: 'familiar',
      run: context => answer(context, 'approved'),
    },
    {
      name: 'deny',
      usage: '/deny CODE',
      summary: 'say no to a question that waits',
      level: 'familiar',
      run: context => answer(context, 'denied'),
    },
  ]
}
