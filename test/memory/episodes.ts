// Long two-person conversations out of episodes written by hand, each asked about in other words than it was told in.
import { readFileSync } from 'node:fs'
import { type Asked, type Conversation, random, type Shape, type Turn } from './conversations.ts'

interface Episode {
  /** Who says it, the teller (0) or the listener (1), and what. */
  readonly lines: readonly { readonly by: 0 | 1; readonly text: string }[]
  readonly questions: readonly {
    readonly q: string
    readonly kind: Asked['kind']
    readonly lines: readonly number[]
  }[]
  readonly theme: string | undefined
}

/** What is asked about everything that somebody told of one theme. */
const themes: Readonly<Record<string, string>> = {
  pets: 'Which animals has A had at home or looked after?',
  hobbies: 'What hobbies and crafts has A taken up?',
  work: 'What happened in the working life of A?',
  travel: 'Which places has A travelled to?',
  music: 'What instruments or concerts has A enjoyed?',
  mishaps: 'What mishaps has A had?',
  adventure: 'Which sports does A do on the water or in the air?',
  garden: 'What does A grow?',
  studies: 'Which exams and degrees has A gone through?',
}

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8').trim()

/** The episodes of the file beside this one, in its order. */
const episodes = (): Episode[] => read('episodes.txt').split(/\n\n+/).map(episodeOf)

/** One conversation in which each episode is told once, by one of the two; the same seed, the same text. */
export function recount({ seed, sessions, speakers }: Shape): Conversation {
  const roll = random(seed)
  const shuffled = <T>(list: readonly T[]): T[] =>
    list
      .map(one => ({ one, by: roll() }))
      .sort((a, b) => a.by - b.by)
      .map(({ one }) => one)
  const smalltalk = read('smalltalk.txt').split('\n')
  const waiting = shuffled(episodes())
  const perSession = Math.ceil(waiting.length / sessions)
  const turns: Turn[] = []
  const questions: Asked[] = []
  const told = new Map<string, string[]>()
  let at = Date.UTC(2022, 4, 2, 17)
  for (let session = 1; waiting.length > 0; session++) {
    at += (2 + Math.floor(roll() * 15)) * 86_400_000
    const gossip = shuffled(smalltalk)
    let seq = 0
    const say = (speaker: 0 | 1, text: string): string => {
      const ref = `${seed}:E${session}:${++seq}`
      turns.push({
        ref,
        session: `${seed}-${session}`,
        seq,
        at: new Date(at + seq * 60_000).toISOString(),
        saidBy: speakers[speaker],
        text,
      })
      return ref
    }
    let next: 0 | 1 = roll() < 0.5 ? 0 : 1
    const chat = (count: number) => {
      for (; count > 0; count--, next = other(next)) say(next, gossip.pop()!)
    }
    say(next, `Hi ${speakers[other(next)]}! How are you these days?`)
    next = other(next)
    for (const episode of waiting.splice(0, perSession)) {
      chat(2 + Math.floor(roll() * 4))
      const teller = next
      const listener = other(teller)
      const refs = episode.lines.map(line => say(line.by === 0 ? teller : listener, line.text))
      const named = (q: string) => q.replace(/\bA\b/g, speakers[teller]).replace(/\bB\b/g, speakers[listener])
      for (const { q, kind, lines } of episode.questions)
        questions.push({ q: named(q), kind, evidence: lines.map(line => refs[line - 1]!) })
      if (episode.theme !== undefined && themes[episode.theme] !== undefined) {
        const q = named(themes[episode.theme]!)
        told.set(q, [...(told.get(q) ?? []), refs[0]!])
      }
      next = other(episode.lines.at(-1)!.by === 0 ? teller : listener)
    }
    chat(3)
  }
  for (const [q, evidence] of told)
    if (evidence.length > 1 && evidence.length <= 4) questions.push({ q, kind: 'multi', evidence })
  return { turns, questions }
}

const other = (speaker: 0 | 1): 0 | 1 => (speaker === 0 ? 1 : 0)

function episodeOf(text: string): Episode {
  const lines: { by: 0 | 1; text: string }[] = []
  const questions: Episode['questions'][number][] = []
  let theme: string | undefined
  for (const line of text.split('\n')) {
    const [q = '', kind = '', among = ''] = line.slice(2).split(' | ')
    if (line.startsWith('? '))
      questions.push({ q, kind: kind as Asked['kind'], lines: among.split(',').map(Number) })
    else if (line.startsWith('# ')) theme = line.slice(2)
    else lines.push({ by: line.startsWith('A: ') ? 0 : 1, text: line.slice(3) })
  }
  return { lines, questions, theme }
}
