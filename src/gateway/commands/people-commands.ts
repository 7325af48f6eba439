// Commands that decide: /approve /deny, for questions that wait and for strangers.
import { atLeast, type Level, levels } from '../../access/levels.ts'
import type { Channel } from '../../channel.ts'
import { CoopError } from '../../errors.ts'
import type { Memory } from '../../memory/memory.ts'
import type { Store } from '../../store/store.ts'
import type { Configuration } from '../configuration/configuration.ts'
import type { Author } from '../configuration/history.ts'
import type { ConsentOffice } from '../consent.ts'
import { levelNamed, type People } from '../people/people.ts'
import { listPeople, wouldSee } from '../people/people-hand.ts'
import {
  type ChatCommand,
  type ChatContext,
  type CommandResult,
  callOf,
  say,
  sayFault,
  saySecret,
} from './command.ts'

export interface PeopleCommandOptions {
  readonly store: Store
  readonly consent: ConsentOffice
  readonly people: People
  readonly configuration: Configuration
  readonly channels: () => readonly Channel[]
  readonly now: () => number
  readonly memory: Memory
}

export function peopleCommands(options: PeopleCommandOptions): ChatCommand[] {
  const { store, consent } = options

  /** An answer counts in a direct chat alone: in a group, others could have written it into somebody's mouth. */
  const answer = async (context: ChatContext, verdict: 'approved' | 'denied'): Promise<CommandResult> => {
    const { person, clearance, args } = context
    if (!person || clearance.place.kind !== 'direct') return say('Answer in a direct chat with me, please.')
    const [code, ...rest] = args.split(/\s+/)
    if (!code) return saySecret(openQuestions(context))
    try {
      const pairing = store.pairings.get(code)
      if (pairing && atLeast(clearance.acts, 'full')) {
        return saySecret(
          verdict === 'approved' ? await admit(code, rest, authorOf(context)) : options.people.deny(code),
        )
      }
      return saySecret(consent.answer(code, verdict, clearance, () => minutesIn(rest)))
    } catch (error) {
      return sayFault(error)
    }
  }

  async function admit(code: string, words: readonly string[], by: Omit<Author, 'why'>): Promise<string> {
    const trust = words.find(word => (levels as readonly string[]).includes(word)) as Level | undefined
    const name = words.filter(word => word !== 'as' && word !== 'trust' && word !== trust).join(' ')
    if (!name || !trust)
      return `Say who it is and how far they are trusted, like: /approve ${code} as Bob inner`
    return options.people.approve(code, name, trust, { ...by, why: `${name} was let in` })
  }

  function openQuestions({ clearance }: ChatContext): string {
    const questions = consent.openFor(clearance).map(open => `${open.id}: ${open.question}`)
    const strangers = atLeast(clearance.acts, 'full')
      ? store.pairings.open().map(open => `${open.code}: ${open.name} on ${open.channel} asks to be let in`)
      : []
    const changed = atLeast(clearance.acts, 'full') ? unverified() : []
    const permits = consent.permitsOf(clearance).map(({ id, words, until }) => {
      const minutes = Math.ceil((until - options.now()) / 60_000)
      return `Allowed for ${minutes} more minutes: ${words}. /deny ${id} ends it.`
    })
    return [...questions, ...strangers, ...changed, ...permits].join('\n\n') || 'Nothing waits for you.'
  }

  /** Whose identity changed: until an owner's word they count as strangers. */
  const unverified = (): string[] =>
    options
      .channels()
      .flatMap(channel =>
        (channel.unverified?.() ?? []).map(
          ({ id, name }) =>
            `The ${channel.name} identity of ${name} has changed. If it is still them: /confirm ${channel.name}:${id}`,
        ),
      )

  function confirm(identity: string): string {
    const colon = identity.indexOf(':')
    const channel = options.channels().find(one => one.name === identity.slice(0, colon))
    const done = channel?.confirm?.(identity.slice(colon + 1)) ?? false
    return done ? `${identity} is trusted as before.` : `There is nothing to confirm for “${identity}”.`
  }

  const authorOf = (context: ChatContext): Omit<Author, 'why'> => ({
    who: context.person?.id ?? null,
    via: context.clearance.place.channel === 'terminal' ? 'terminal' : 'chat',
    ...callOf(context),
  })

  return [
    {
      name: 'confirm',
      usage: '/confirm [CHANNEL:ID]',
      summary: 'say that somebody whose identity changed is still themselves',
      level: 'full',
      run({ args, clearance }) {
        if (clearance.place.kind !== 'direct') return say('In a direct chat with me, please.')
        return saySecret(
          args ? confirm(args.trim()) : unverified().join('\n') || 'Nobody’s identity has changed.',
        )
      },
    },
    {
      name: 'users',
      usage: '/users [level NAME LEVEL|rename NAME NEW|merge NAME INTO [yes]|see NAME]',
      summary: 'who is known; change how',
      level: 'full',
      async run(context) {
        if (!context.person || context.clearance.place.kind !== 'direct')
          return say('In a direct chat with me, please.')
        try {
          return saySecret(await runUsersWords(context.args, { ...options, author: authorOf(context) }))
        } catch (error) {
          return sayFault(error)
        }
      },
    },
    {
      name: 'approve',
      usage: '/approve [CODE [10m]]',
      summary:
        'say yes to a question that waits, or to like ones for some minutes; without a code, list them',
      level: 'familiar',
      run: context => answer(context, 'approved'),
    },
    {
      name: 'deny',
      usage: '/deny CODE',
      summary: 'say no to a question that waits, or end what was allowed for some minutes',
      level: 'familiar',
      run: context => answer(context, 'denied'),
    },
  ]
}

const mostMinutes = 240

/** “10m” or “2h” in milliseconds; undefined without it. Throws for what is no such time. */
function minutesIn(words: readonly string[]): number | undefined {
  const text = words.filter(word => word.toLowerCase() !== 'for').join('')
  if (text === '') return undefined
  const [, count, unit] = /^(\d{1,3})(m|min|minutes?|h|hours?)$/i.exec(text) ?? []
  const minutes = Number(count) * (unit?.toLowerCase().startsWith('h') ? 60 : 1)
  if (!(minutes >= 1 && minutes <= mostMinutes))
    throw new CoopError(
      'usage_wrong',
      'Say for how long as 10m or 2h, at most 4h; without it, it is for once.',
    )
  return minutes * 60_000
}

export interface UsersWords {
  readonly people: People
  readonly configuration: Pick<Configuration, 'latest'>
  readonly store: Store
  readonly author: Omit<Author, 'why'>
  /** Null where no memory is at hand: `see` is not answered there. */
  readonly memory: Memory | null
}

/** Two become one only on a second word: what it opens is shown first. */
async function merge(
  { people }: UsersWords,
  who: string,
  rest: readonly string[],
  author: Author,
): Promise<string> {
  const agreed = rest.at(-1) === 'yes'
  const into = (agreed ? rest.slice(0, -1) : rest).join(' ')
  const change = { kind: 'merge', who, into } as const
  if (agreed) return people.change(change, author)
  return `${people.question(change)}\n\nTo do it: /users merge ${who} ${into} yes`
}

/** Runs `verb name …` on the people. Throws for what is not understood or refused. */
export async function runUsersWords(args: string, words: UsersWords): Promise<string> {
  const { people, configuration, store, memory } = words
  const [verb = 'list', who = '', ...rest] = args.split(/\s+/).filter(Boolean)
  const author = { ...words.author, why: `users ${args}` }
  if (verb === 'list') return listPeople(configuration, store.pairings)
  if (!who || (verb !== 'see' && rest.length === 0))
    throw new CoopError(
      'usage_wrong',
      'users takes level NAME LEVEL, rename NAME NEW, merge NAME INTO or see NAME.',
    )
  if (verb === 'see' && memory) return wouldSee(configuration, memory, who, words.author.who)
  if (verb === 'level') return people.change({ kind: 'level', who, level: levelNamed(rest[0]) }, author)
  if (verb === 'rename') return people.change({ kind: 'rename', who, name: rest.join(' ') }, author)
  if (verb === 'merge') return merge(words, who, rest, author)
  throw new CoopError('usage_wrong', `users does not know “${verb}”; it takes level, rename, merge or see.`)
}
