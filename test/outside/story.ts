// One long random story of a household, told to the real program: people, groups, strangers, jobs, crashes.
import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { runCoop } from '../support/coop.ts'
import { type LiveClient, openLiveClient } from '../support/live-client.ts'
import { openStage } from '../support/stage.ts'
import { until } from '../support/until.ts'
import { openCanaries, wordsIn } from './canaries.ts'
import { chanceFrom } from './chance.ts'
import { curious, markIn, type Turn } from './curious.ts'
import {
  type Level,
  levels,
  openDirect,
  openInCircle,
  people,
  seemsOpenInCircle,
  startOf,
  tomlOf,
  writerOf,
} from './people.ts'

export interface Story {
  readonly requests: number
  readonly sent: number
  readonly kills: number
  readonly words: number
  readonly problems: readonly string[]
}

export interface StoryOptions {
  readonly seed: number
  readonly steps: number
  readonly progress?: (done: number, of: { requests: number; sent: number }) => void
}

interface Said {
  readonly who: string
  /** A group's id, or null for alone. */
  readonly group: number | null
}

/** Who watches on a terminal. */
const watchers = ['alice', 'bob', 'carol']

export async function tellStory({ seed, steps, progress }: StoryOptions): Promise<Story> {
  const chance = chanceFrom(seed)
  const whim = chanceFrom(seed + 1)
  const world = startOf(chance)
  const canaries = openCanaries()
  const problems: string[] = []
  const said = new Map<number, Said>()
  let marks = 0
  let kills = 0
  let step = 'the beginning'
  /** What each place opened at any moment since the last rest. */
  const opened = new Map<string, Set<string>[]>()
  const placeOf = ({ who, group }: Said) => (group === null ? `direct ${who}` : `group ${group}`)

  await using stage = await openStage({ users: tomlOf(world), idle: true })
  const { telegram, model, home } = stage

  const note = () => {
    for (const { id } of world.people) {
      add(`telegram ${id}`, openDirect(world, id, 'telegram'))
      add(`terminal ${id}`, openDirect(world, id, 'terminal'))
    }
    add('telegram mallory', new Set())
    for (const circle of world.circles) {
      add(`group ${circle.id}`, openInCircle(world, circle))
      telegram.members.set(circle.id, [...circle.members].map(writerOf))
    }
  }
  const add = (place: string, open: Set<string>) => {
    const known = opened.get(place) ?? []
    if (![...known].some(one => one.symmetricDifference(open).size === 0)) known.push(open)
    opened.set(place, known)
  }
  const opensOf = (one: Said): Set<string>[] =>
    one.group === null
      ? [...(opened.get(`telegram ${one.who}`) ?? []), ...(opened.get(`terminal ${one.who}`) ?? [])]
      : (opened.get(`group ${one.group}`) ?? [])
  const look = (where: string, text: string, opens: readonly Set<string>[]) => {
    const best = opens
      .map(open => canaries.forbidden(text, open).filter(word => !isAnsweredAnew(home.database, word, open)))
      .sort((a, b) => a.length - b.length)[0]
    if (best === undefined) problems.push(`[${step}] ${where}: nobody can be there`)
    for (const word of best ?? [])
      problems.push(
        `[${step}] ${where} holds ${word}, which needs ${canaries.needs(word)}; open: ${opens.map(open => `{${[...open].join(' ')}}`).join(' ')}; stored ${labelsOf(home.database, word)}: …${around(text, word)}…; granted ${grantedIn(home.database)}; asked ${model.requests
          .filter(one => one.raw.includes(word))
          .slice(-2)
          .map(one => around(one.raw, word))
          .join(' AND ')}`,
      )
  }

  model.otherwise = async request => {
    const text = request.raw
    const mark = markIn(request.body)
    const one = mark === null ? undefined : said.get(mark)
    if (request.body.tools?.length && one)
      look(`the request for msg-${mark}- (${placeOf(one)})`, text, opensOf(one))
    if (request.body.tools?.length && !one && !/hearth job|"text":"\/[a-z]+/.test(text))
      problems.push(`[${step}] a request answers no message: …${text.slice(-600)}`)
    if (/hearth job/.test(text) && !one)
      look('the request of the internal job', text, [new Set(['social', 'shared'])])
    if (whim.is(0.2)) await sleep(whim.next() * 60)
    const turn: Turn = {
      mark,
      who: one?.who ?? 'nobody',
      open: one ? opensOf(one).at(-1)! : new Set(),
      opens: one ? opensOf(one) : [],
      make: needs => canaries.make(needs),
      also: (word, needs) => canaries.also(word, needs),
    }
    return curious(request.body, turn, whim)
  }
  telegram.onSent = sent => {
    const id = Number(sent.chat)
    const circle = world.circles.find(one => one.id === id)
    const person = people.find(one => one.id === id)
    const opens = circle ? opened.get(`group ${id}`) : opened.get(`telegram ${person?.name.toLowerCase()}`)
    const all = Object.values(sent.body).map(value =>
      value instanceof Uint8Array ? Buffer.from(value).toString() : JSON.stringify(value),
    )
    look(`what was sent to ${circle ? 'group' : person?.name} ${id}`, all.join('\n'), opens ?? [])
    const [, code] = /Answer \/approve ([A-Z2-9]{6})/.exec(sent.text) ?? []
    if (code && person) codes.push({ code, who: person })
  }
  const codes: { code: string; who: (typeof people)[number] }[] = []

  const clients = new Map<string, LiveClient>()
  const seen = new Map<string, number>()
  const watch = async () => {
    for (const client of clients.values()) client[Symbol.dispose]()
    clients.clear()
    seen.clear()
    for (const id of watchers) {
      if (!world.people.some(one => one.id === id && one.known)) continue
      const client = await openLiveClient(home, { user: id }).catch(() => null)
      if (client) clients.set(id, client)
    }
  }
  /** Replayed after a restart, too: what the terminal shows is what it opens now. */
  const readScreens = () => {
    for (const [id, client] of clients) {
      const fresh = client.events.slice(seen.get(id) ?? 0)
      seen.set(id, client.events.length)
      look(`the screen of ${id}`, JSON.stringify(fresh), opened.get(`terminal ${id}`) ?? [])
    }
  }

  const rest = async () => {
    await until('rest', () => telegram.pending().length === 0 && !busy(home.database), 60_000).catch(
      error => {
        problems.push(`[${step}] it does not come to rest: ${error} ${openRows(home.database)}`)
      },
    )
    await sleep(5)
    readScreens()
    opened.clear()
    note()
  }
  const reload = async () => {
    const before = stage.gateway.stderr().length
    home.configure(
      stage.toml().slice(0, stage.toml().indexOf('\n[[users]]')) +
        tomlOf(world) +
        stage.toml().slice(stage.toml().indexOf('[channels.telegram]')),
    )
    note()
    await until(
      'the configuration',
      () => /configuration in force|is not valid/.test(stage.gateway.stderr().slice(before)),
      20_000,
    ).catch(() => {})
  }
  const speak = async (who: string, group: number | null, words: string, more: object = {}) => {
    const mark = ++marks
    const one: Said = { who, group }
    said.set(mark, one)
    const addressed = group !== null && !('replyTo' in more && chance.is(0.5)) && chance.is(0.75)
    const text = `${addressed ? '@coop_bot ' : ''}msg-${mark}- ${words}`
    const extra = addressed ? { entities: [{ type: 'mention', offset: 0, length: 9 }] } : {}
    const { forward, ...where } = more as { forward?: object }
    telegram.write(writerOf(who), text, {
      ...(group === null ? {} : { chat: group }),
      ...where,
      extra: { ...extra, ...forward } as never,
    })
  }
  const command = (who: string, group: number | null, text: string) =>
    telegram.write(writerOf(who), text, group === null ? {} : { chat: group })

  note()
  await stage.start()
  await watch()
  const everybody = ['alice', 'bob', 'carol', 'mallory']
  const actions: [number, string, () => Promise<unknown> | unknown][] = [
    [
      10,
      'direct',
      () => {
        const who = chance.of(everybody)
        const word = canaries.make(who === 'mallory' ? [] : openDirect(world, who, 'telegram'))
        fresh.push(() => canaries.also(word, openDirect(world, who, 'telegram')))
        return speak(who, null, `I tell you ${word}${chance.is(0.1) ? ' padding'.repeat(1_500) : ''}`)
      },
    ],
    [
      6,
      'terminal',
      async () => {
        const [id, client] = chance.of([...clients]) ?? []
        if (!id || !client) return
        const mark = ++marks
        said.set(mark, { who: id, group: null })
        const word = canaries.make(openDirect(world, id, 'terminal'))
        fresh.push(() => canaries.also(word, openDirect(world, id, 'terminal')))
        await client.send(`msg-${mark}- typed ${word}`).catch(() => {})
      },
    ],
    [
      10,
      'group',
      () => {
        const who = chance.of(everybody)
        const circle = chance.of(world.circles)
        circle.members.add(who)
        note()
        const word = canaries.make(seemsOpenInCircle(world, circle))
        fresh.push(() => canaries.also(word, seemsOpenInCircle(world, circle)))
        const heard = telegram.sent(circle.id)
        const quoted = chance.is(0.2) ? heard.at(-1) : undefined
        for (const old of wordsIn(quoted?.text ?? '')) canaries.also(old, openInCircle(world, circle))
        return speak(who, circle.id, `we say ${word}${chance.is(0.1) ? ' padding'.repeat(1_500) : ''}`, {
          ...(quoted
            ? {
                replyTo: {
                  message_id: quoted.messageId,
                  date: 1,
                  chat: { id: circle.id, type: 'supergroup', title: 'x' },
                  from: telegram.self,
                  text: quoted.text,
                },
              }
            : {}),
          ...(chance.is(0.1)
            ? { forward: { forward_origin: { type: 'hidden_user', sender_user_name: 'Alice', date: 1 } } }
            : {}),
        })
      },
    ],
    [
      6,
      'command',
      () => {
        const who = chance.of(everybody)
        const circle = chance.is(0.4) ? chance.of(world.circles) : null
        if (circle) {
          circle.members.add(who)
          note()
        }
        const all = [
          '/status',
          '/whoami',
          '/sessions',
          '/undo',
          '/retry',
          '/new',
          '/approve',
          '/verbose',
          '/compact',
          '/help',
          '/model',
          '/models',
          '/usage',
          '/subagents',
          '/cron',
          '/cron history',
          '/users',
          '/config get',
          '/config history',
          '/users see bob',
          '/stop',
          '/resume',
        ]
        const text = chance.of(all)
        // Somebody else's words tried again are theirs in the group alone.
        return command(who, circle?.id ?? null, text)
      },
    ],
    [
      4,
      'approve',
      () => {
        const one =
          codes.length > 0 ? codes.splice(Math.floor(chance.next() * codes.length), 1)[0] : undefined
        if (!one) return
        if (chance.is(0.3))
          command(
            chance.of(everybody),
            chance.is(0.5) ? chance.of(world.circles).id : null,
            `/approve ${one.code}`,
          )
        command(
          one.who.name.toLowerCase(),
          null,
          `/${chance.is(0.8) ? 'approve' : 'deny'} ${one.code}${chance.is(0.2) ? ' 10m' : ''}`,
        )
      },
    ],
    [
      2,
      'join',
      () => {
        chance.of(world.circles).members.add(chance.of(everybody))
        note()
      },
    ],
    [
      2,
      'leave',
      () => {
        const circle = chance.of(world.circles)
        // One who leaves as another comes looks to Telegram as if nobody moved.
        for (const who of circle.members) if (!circle.declared.includes(who)) circle.members.delete(who)
        note()
      },
    ],
    [
      3,
      'trust',
      async () => {
        const one = chance.of(world.people)
        if (one.id !== 'alice') one.level = chance.of(levels)
        one.cap = chance.is(0.5) ? {} : { [chance.of(['telegram', 'terminal'])]: chance.of(levels) }
        if (one.id === 'alice') delete one.cap.terminal
        await reload()
      },
    ],
    [
      1,
      'removed',
      async () => {
        const gone = chance.of(['bob', 'carol'])
        const one = world.people.find(each => each.id === gone)!
        one.known = !one.known
        await reload()
        await watch()
      },
    ],
    [
      1,
      'rules',
      async () => {
        const circle = chance.of(world.circles)
        circle.ceiling = chance.of(levels)
        circle.stranger = chance.of<Level>(['public', 'public', 'familiar', 'inner'])
        await reload()
      },
    ],
    [
      1,
      'restart',
      async () => {
        kills++
        if (chance.is(0.7)) await stage.gateway.kill()
        else await stage.gateway.stop()
        if (chance.is(0.3)) chance.of(world.circles).members.add('mallory')
        note()
        await stage.start()
        await watch()
      },
    ],
    [
      1,
      'see',
      async () => {
        const viewer = chance.of(world.people.filter(one => one.known))
        const other = chance.of(world.people.filter(one => one.known))
        const args = chance.of([
          ['memory', 'search', 'I tell you', '--as', viewer.id, '--json'],
          ['memory', 'list', '--as', viewer.id],
          ['memory', 'export', '--as', viewer.id],
          ['sessions', '--user', viewer.id],
          ['users', 'show', other.id, '--would-see', '--as', viewer.id],
          ['users', 'show', other.id, '--has-seen', '--as', viewer.id],
        ])
        const { stdout, stderr } = await runCoop(home, args)
        if (/user-error|Unknown option/.test(stderr)) return
        look(`coop ${args.join(' ')}`, stdout + stderr, [openDirect(world, viewer.id, 'terminal')])
      },
    ],
    [1, 'job', () => runCoop(home, ['cron', 'run', chance.of(['hearth', 'porch'])])],
    [1, 'pause', () => sleep(1_700)],
  ]
  const fresh: (() => void)[] = []
  const weights = actions.reduce((sum, [weight]) => sum + weight, 0)
  const pick = () => {
    let at = chance.next() * weights
    return actions.find(([weight]) => (at -= weight) < 0) ?? actions[0]!
  }
  for (let done = 1; done <= steps && problems.length < 20; done++) {
    const [, name, act] = pick()
    step = `${done} ${name}`
    await act()
    // What is said just before the household changes may be heard under what holds after it.
    if (['join', 'leave', 'trust', 'removed', 'rules', 'restart', 'group', 'command'].includes(name))
      for (const again of fresh) again()
    if (chance.is(0.6)) {
      await rest()
      fresh.length = 0
    }
    if (!stage.gateway.alive()) {
      problems.push(`[${step}] the gateway died: ${stage.gateway.stderr().slice(-2_000)}`)
      break
    }
    if (done % 20 === 0) progress?.(done, { requests: model.requests.length, sent: telegram.sent().length })
  }
  await rest()
  for (const client of clients.values()) client[Symbol.dispose]()
  return {
    requests: model.requests.length,
    sent: telegram.sent().length,
    kills,
    words: wordsIn(model.requests.map(one => one.raw).join('')).length,
    problems,
  }
}

const around = (text: string, word: string): string => {
  const at = text.search(new RegExp(`${word}`))
  return text.slice(Math.max(0, at - 700), at + 60).replaceAll('\n', '⏎')
}

/** What the newest turns were given: a configuration that is not in force yet is no leak. */
function grantedIn(path: string): string {
  const db = new Database(path, { readonly: true })
  try {
    const rows = db
      .prepare(
        "SELECT session || ' ' || (grant_json ->> '$.reads') AS line FROM turn ORDER BY started_at DESC LIMIT 3",
      )
      .all() as { line: string }[]
    return rows.map(row => row.line).join(', ')
  } finally {
    db.close()
  }
}

/** Words of a message whose turn was open when its person was lowered: it is answered anew, and stands there again. */
function isAnsweredAnew(path: string, word: string, open: ReadonlySet<string>): boolean {
  const db = new Database(path, { readonly: true })
  try {
    const rows = db
      .prepare(
        "SELECT labels FROM entry WHERE role = 'user' AND author IS NOT NULL AND (session LIKE 'direct:%' OR session LIKE 'stranger:%') AND body LIKE ?",
      )
      .all(`%"text":"msg-%- _%${word}%`) as { labels: string }[]
    return rows.length > 1 && rows.some(row => new Set(JSON.parse(row.labels)).isSubsetOf(open))
  } finally {
    db.close()
  }
}

function labelsOf(path: string, word: string): string {
  const db = new Database(path, { readonly: true })
  try {
    const rows = db
      .prepare(
        "SELECT DISTINCT role || ' ' || session || ' ' || coalesce(author,'-') || ' ' || labels || ' ' || substr(body, 1, 0) || substr(body, instr(body, 'msg-'), 60) AS line FROM entry WHERE role IN ('user', 'heard', 'summary') AND body LIKE ? LIMIT 5",
      )
      .all(`%${word}%`) as { line: string }[]
    return rows.map(row => row.line).join(', ')
  } finally {
    db.close()
  }
}

const openSql = `SELECT
  (SELECT count(*) FROM inbox WHERE state IN ('new', 'running') AND (turn IS NULL OR turn NOT IN (SELECT id FROM turn WHERE state = 'waiting'))) +
  (SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending') AND next_at <= unixepoch() * 1000 + 1000) +
  (SELECT count(*) FROM turn WHERE state = 'running') AS n`

function busy(path: string): boolean {
  const db = new Database(path, { readonly: true })
  try {
    return (db.prepare(openSql).get() as { n: number }).n > 0
  } finally {
    db.close()
  }
}

function openRows(path: string): string {
  const db = new Database(path, { readonly: true })
  try {
    return JSON.stringify([
      db
        .prepare(
          "SELECT id, state, turn, reason, substr(body, 1, 300) b FROM inbox WHERE state IN ('new', 'running')",
        )
        .all(),
      db.prepare("SELECT * FROM turn WHERE state = 'running'").all(),
      db.prepare("SELECT * FROM outbox WHERE state IN ('queued', 'sending')").all(),
    ])
  } finally {
    db.close()
  }
}
