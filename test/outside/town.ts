// The household as the real program meets it: what each place has opened, everything that is read there, and how it is moved.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Message } from 'grammy/types'
import { type LiveClient, openLiveClient } from '../support/live-client.ts'
import type { Stage } from '../support/stage.ts'
import { until } from '../support/until.ts'
import { type Canaries, openCanaries } from './canaries.ts'
import { type Chance, chanceFrom } from './chance.ts'
import { curious, markIn, type Turn } from './curious.ts'
import { openDirect, openInCircle, people, tomlOf, type World, writerOf } from './people.ts'
import { grantedIn, isAnsweredAnew, isBusy, labelsOf, openRows } from './rows.ts'

interface Said {
  readonly who: string
  /** A group's id, or null for alone. */
  readonly group: number | null
}

export interface Town extends Disposable {
  /** What happens now, for whoever reads of a problem. */
  step: string
  readonly problems: string[]
  readonly world: World
  readonly chance: Chance
  readonly canaries: Canaries
  readonly stage: Stage
  /** The terminals that are open, by person. */
  readonly clients: ReadonlyMap<string, LiveClient>
  /** Questions that wait for an answer. */
  readonly codes: { readonly code: string; readonly who: (typeof people)[number] }[]
  /** What was written by Telegram, oldest first. */
  readonly written: {
    readonly who: string
    readonly group: number | null
    readonly mark: number
    readonly message: Message
  }[]
  /** Remembers what each place opens by now. */
  note(): void
  /** Looks for words in `text` that none of `opens` allows. */
  look(where: string, text: string, opens: readonly Set<string>[]): void
  /** A message by Telegram, alone or to a group, which names the agent most times. */
  speak(who: string, group: number | null, words: string, more?: object): void
  /** A message at a terminal. */
  type(who: string, client: LiveClient, words: string): Promise<unknown>
  command(who: string, group: number | null, text: string): void
  /** Writes coop.toml anew. */
  reload(): Promise<void>
  /** Opens the terminals anew. */
  watch(): Promise<void>
  /** Waits until all is answered; what a place opened before counts no more. */
  rest(): Promise<void>
}

/** Who watches on a terminal. */
const watchers = ['alice', 'bob', 'carol']

export function openTown(stage: Stage, world: World, chance: Chance, seed: number): Town {
  const { telegram, model, home } = stage
  const whim = chanceFrom(seed + 1)
  const canaries = openCanaries()
  const problems: string[] = []
  const codes: Town['codes'] = []
  const said = new Map<number, Said>()
  const written: Town['written'] = []
  let marks = 0
  /** What each place opened at any moment since the last rest. */
  const opened = new Map<string, Set<string>[]>()
  const clients = new Map<string, LiveClient>()
  const seen = new Map<string, number>()

  const placeOf = ({ who, group }: Said) => (group === null ? `direct ${who}` : `group ${group}`)
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
    if (best === undefined) problems.push(`[${town.step}] ${where}: nobody can be there`)
    for (const word of best ?? [])
      problems.push(
        `[${town.step}] ${where} holds ${word}, which needs ${canaries.needs(word)}; open: ${opens.map(open => `{${[...open].join(' ')}}`).join(' ')}; stored ${labelsOf(home.database, word)}: …${around(text, word)}…; granted ${grantedIn(home.database)}; asked ${model.requests
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
      problems.push(`[${town.step}] a request answers no message: …${text.slice(-600)}`)
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
    await until('rest', () => telegram.pending().length === 0 && !isBusy(home.database), 60_000).catch(
      error => {
        problems.push(`[${town.step}] it does not come to rest: ${error} ${openRows(home.database)}`)
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
  const speak = (who: string, group: number | null, words: string, more: object = {}) => {
    const mark = ++marks
    const one: Said = { who, group }
    said.set(mark, one)
    const addressed = group !== null && !('replyTo' in more && chance.is(0.5)) && chance.is(0.75)
    const text = `${addressed ? '@coop_bot ' : ''}msg-${mark}- ${words}`
    const extra = addressed ? { entities: [{ type: 'mention', offset: 0, length: 9 }] } : {}
    const { forward, extra: shown, ...where } = more as { forward?: object; extra?: object }
    const message = telegram.write(writerOf(who), text, {
      ...(group === null ? {} : { chat: group }),
      ...where,
      extra: { ...extra, ...forward, ...shown } as never,
    })
    written.push({ who, group, mark, message })
  }
  const command = (who: string, group: number | null, text: string) =>
    void telegram.write(writerOf(who), text, group === null ? {} : { chat: group })
  const town: Town = {
    step: 'the beginning',
    problems,
    world,
    chance,
    canaries,
    stage,
    clients,
    codes,
    written,
    note,
    look,
    speak,
    type(who, client, words) {
      const mark = ++marks
      said.set(mark, { who, group: null })
      return client.send(`msg-${mark}- ${words}`).catch(() => {})
    },
    command,
    reload,
    watch,
    rest,
    [Symbol.dispose]() {
      for (const client of clients.values()) client[Symbol.dispose]()
    },
  }
  return town
}

const around = (text: string, word: string): string => {
  const at = text.search(new RegExp(`${word}`))
  return text.slice(Math.max(0, at - 700), at + 60).replaceAll('\n', '⏎')
}
