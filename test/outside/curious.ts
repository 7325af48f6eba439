// A model that looks everywhere, writes down what it finds, and says all of it in each reply.
import { type Answer, say, use, type WireRequest } from '../support/fake-anthropic.ts'
import { wordsIn } from './canaries.ts'
import type { Chance } from './chance.ts'

export interface Turn {
  /** The number of the message that is answered. */
  readonly mark: number | null
  readonly who: string
  readonly open: ReadonlySet<string>
  /** What each place opens where its reply may go. */
  readonly opens: readonly ReadonlySet<string>[]
  make(needs: Iterable<string>): string
  also(word: string, needs: Iterable<string>): void
}

/** The message that a request answers: the newest that somebody wrote, or a task that was set with its mark. */
export function markIn({ messages }: WireRequest): number | null {
  const marks = messages.flatMap(({ role, content }) =>
    role === 'user'
      ? content.flatMap(block =>
          block.type === 'text' && block.text !== undefined && !/^\[(\w{3} \d|Notes)/.test(block.text)
            ? [...block.text.matchAll(/msg-(\d+)-/g)].map(([, number]) => Number(number))
            : [],
        )
      : [],
  )
  return marks.at(-1) ?? null
}

/** How much of what it saw a reply repeats. */
const repeated = 60

export function curious(body: WireRequest, turn: Turn, chance: Chance): Answer {
  const text = JSON.stringify(body)
  const seen = wordsIn(text)
  const some = seen.length <= repeated ? seen : seen.slice(-repeated / 2).concat(seen.slice(0, repeated / 2))
  if (!body.tools?.length) {
    if (text.includes('JSON array'))
      return say(
        JSON.stringify([{ act: 'ADD', from: 1, text: `It was said: ${some.slice(0, 20).join(' ')}` }]),
      )
    return say(`Facts: ${some.join(' ')}`)
  }
  const steps = stepsIn(body)
  const memories = [...text.matchAll(/- \d{4}-\d\d-\d\d ([^\\[\]…]*) \[([0-9a-f]{8})\]/g)]
  const names = new Set(body.tools.map(tool => tool.name))
  if (steps < 3 && chance.is(0.6)) {
    const call = chance.of(calls(turn, some, chance, memories).filter(([name]) => names.has(name)))
    if (call) return use(...call)
  }
  // Also what it was never offered.
  if (steps < 3 && chance.is(0.05)) return use(...chance.of(calls(turn, some, chance, memories)))
  return say(`I saw ${some.join(' ')}`, { paceMs: chance.is(0.05) ? 20 : 0 })
}

function stepsIn({ messages }: WireRequest): number {
  let steps = 0
  for (const { role, content } of messages.toReversed()) {
    if (role === 'assistant' && content.some(block => block.type === 'tool_use')) steps++
    else if (role === 'assistant') break
  }
  return steps
}

function calls(
  turn: Turn,
  some: readonly string[],
  chance: Chance,
  memories: readonly (readonly string[])[],
): [string, object][] {
  const words = some.join(' ').slice(0, 400)
  const soon = new Date(Date.now() + 2_500).toISOString().slice(0, 19)
  const mark = `msg-${turn.mark}-`
  const made = (needs: Iterable<string>) => {
    const word = turn.make(needs)
    // The model made it up: whoever reads the turn may read it, whatever store it was meant for.
    for (const open of [turn.open, ...turn.opens]) turn.also(word, open)
    return word
  }
  /** Where a memory goes that names no store. */
  const usual = (open: ReadonlySet<string>) =>
    open.has('private') ? 'private' : open.has('shared') ? 'shared' : 'social'
  const inUsual = () => {
    const word = made([usual(turn.open)])
    for (const open of turn.opens) turn.also(word, [usual(open)])
    return word
  }
  const store = chance.of(['social', 'shared', 'private', 'personal'])
  const promoted = () => {
    const [, said = '', id = '00000000'] = chance.of([...memories, []])
    // On somebody's word it is for everybody there from then on.
    for (const word of wordsIn(said)) turn.also(word, [store])
    return { action: 'promote', id, store }
  }
  const path = chance.of([
    ['shared/list.md', ['shared']],
    [`users/${turn.who}/note.md`, []],
    [`users/${turn.who}/personal/diary.md`, [`personal:${turn.who}`]],
    ['users/alice/personal/diary.md', ['personal:alice']],
    ['root.md', ['private']],
  ] as const)
  // A person's folder belongs to what their level opens; only its personal part is theirs alone.
  const ofLevel = [...turn.open].filter(compartment => !compartment.startsWith('personal:'))
  const fileNeeds = path[1].length > 0 ? path[1] : ofLevel
  return [
    [
      'memory_search',
      { query: chance.of(['zq', 'I tell you', 'we say', 'It was said', 'typed', 'fact']), limit: 50 },
    ],
    ['memory_search', { action: 'sessions', query: chance.of(['I tell you', 'we say', 'I saw']), limit: 50 }],
    ['memory_search', { action: 'timeline', limit: 50 }],
    ['memory_search', { action: 'people' }],
    [
      'memory_search',
      {
        action: 'search',
        query: 'fact',
        store: chance.of(['private', 'personal', 'personal:alice', 'personal:bob', 'shared']),
        archived: true,
      },
    ],
    [
      'memory_write',
      {
        action: 'write',
        text: `a fact ${made(store === 'personal' ? [`personal:${turn.who}`] : [store])}`,
        store,
      },
    ],
    ['memory_write', { action: 'write', text: `a fact of ${turn.who} ${inUsual()}`, pin: chance.is(0.3) }],
    ['memory_write', { action: 'alias', text: `name${some[0] ?? ''}`, person: 'alice' }],
    ...(chance.is(0.3) ? [['memory_write', promoted()] as [string, object]] : []),
    ['grep', { pattern: 'zq' }],
    ['glob', { pattern: '**/*' }],
    [
      'read_file',
      {
        path: chance.of([
          'shared/list.md',
          'users/alice/personal/diary.md',
          'users/bob/personal/diary.md',
          'users/carol/note.md',
          'root.md',
          '../coop.toml',
        ]),
      },
    ],
    ['write_file', { path: path[0], content: `written ${made(fileNeeds)} by ${turn.who}\n` }],
    ['send_file', { path: chance.of(['shared/list.md', 'users/alice/personal/diary.md', 'root.md']) }],
    [
      'bash',
      {
        command: chance.of([
          'grep -rao "zq[0-9]*q" . | head -100',
          'ls -laR . | head -200',
          'cat /proc/*/environ | tr "\\0" "\\n" | grep -ao "zq[0-9]*q"; ls /root /tmp /home',
        ]),
      },
    ],
    [
      'schedule',
      {
        action: 'create',
        kind: 'reminder',
        name: `r${chance.next()}`,
        text: `${mark} reminded of ${words}`,
        when: soon,
      },
    ],
    [
      'schedule',
      {
        action: 'create',
        kind: 'task',
        name: `t${chance.next()}`,
        text: `${mark} task with ${words}`,
        when: soon,
      },
    ],
    ['schedule', { action: 'list' }],
    ['subagent', { action: 'spawn', task: `${mark} helper with ${words}`, background: chance.is(0.5) }],
    ['subagent', { action: 'list' }],
    ['message', { to: chance.of(['Bob', 'Carol', 'Alice']), text: 'a note without any word' }],
    ['people', { action: chance.of(['list', 'would_see']), who: chance.of(['bob', 'alice', 'carol']) }],
    ['coop', { action: chance.of(['logs', 'trace', 'status', 'help']), find: '' }],
    ['config', { action: 'get', key: chance.of(['users', 'agent', 'channels', 'provider']) }],
    ['todo', { items: [{ text: `do ${words}`.slice(0, 480), done: false }] }],
    ['todo', {}],
    ['skill', { name: 'x' }],
  ]
}
