// The interactive chat: a conversation above, an editor and a status line below, in the terminal's own scrollback.
import { Container, Editor, Spacer } from '@earendil-works/pi-tui'
import { CoopError, messageOf } from '../../errors.ts'
import type { SessionEvent } from '../../protocol/events.ts'
import { imagesIn } from '../attachments.ts'
import type { ChatEnd } from '../chat.ts'
import { clean, oneLine } from '../clean.ts'
import { isFarewell } from '../farewell.ts'
import { type Connect, openLiveLink } from '../live-link.ts'
import { openActivity } from './activity.ts'
import { openApprovals, questionIn } from './approvals.ts'
import { completionOf, ownCommands } from './completion.ts'
import { openKeys } from './keys.ts'
import { openOwnCommands } from './own-commands.ts'
import { Page } from './page.ts'
import { openPrompts } from './prompts.ts'
import { ScreenTerminal } from './screen-terminal.ts'
import { openStatusLine } from './status-line.ts'
import { type Jobs, openSuspension } from './suspension.ts'
import { openTheme } from './theme.ts'
import { openTranscript } from './transcript.ts'

export interface ScreenOptions {
  readonly connect: Connect
  /** The session to follow; the person's own if absent. */
  readonly session: string | undefined
  readonly color: boolean
  /** Where paths start. */
  readonly folder: string
  /** Whether a lost gateway is waited for; else the chat ends with it. */
  readonly reconnect: boolean
  /** What is to be said before anything else. */
  readonly said: readonly string[]
  readonly jobs: Jobs | undefined
  readonly signal: AbortSignal
}

/** A frame of the protocol is at most a megabyte, and JSON may double a text. */
const mostCharacters = 400_000

/** Runs the chat until its person leaves; `unsent` is what the gateway did not take until then. Throws what the first connection throws. */
export async function runScreen(
  options: ScreenOptions,
): Promise<{ readonly end: ChatEnd; readonly unsent: readonly string[] }> {
  const { promise: end, resolve: leave } = Promise.withResolvers<ChatEnd>()
  const stop = new AbortController()
  const signal = AbortSignal.any([options.signal, stop.signal])
  options.signal.addEventListener('abort', () => leave('interrupted'), { once: true })

  const early: SessionEvent[] = []
  let receive = (event: SessionEvent): void => void early.push(event)
  let away = (_reason: string) => {}
  let back = () => {}
  let refused = (_text: string, _reason: string) => {}
  using link = await openLiveLink({
    connect: options.connect,
    onEvent: event => receive(event),
    onAway: reason => (options.reconnect ? away(reason) : leave('gone')),
    onBack: () => back(),
    onRefused: (text, reason) => refused(text, reason),
    signal,
  })
  const history = await link.follow(options.session ?? link.session)

  const terminal = new ScreenTerminal()
  const room = () => terminal.rows - footer.render(terminal.columns).length
  const fitScreen = () => transcript.showLast(room())
  const tui = new Page(terminal, fitScreen)
  using suspension = openSuspension(options.jobs, tui, fitScreen)
  const redraw = () => {
    const gone = tui.leaveToScrollback()
    if (gone > 0) transcript.leave(gone)
    tui.requestRender()
  }
  const theme = openTheme(options.color, () => {
    tui.invalidate()
    tui.requestRender()
  })
  const transcript = openTranscript({ theme, self: () => link.who.person, room })
  const editor = new Editor(tui, theme.editor, { autocompleteMaxVisible: 6 })
  const status = openStatusLine(
    {
      name: link.who.name,
      level: link.who.level,
      model: link.who.model,
      session: link.session,
      state: null,
      activity: '',
      hint: '',
      away: null,
    },
    theme,
  )
  const prompts = openPrompts(tui, editor, theme)
  const footer = new Container()
  for (const child of [new Spacer(), prompts.component, editor, status]) footer.addChild(child)
  tui.addChild(transcript)
  tui.addChild(footer)

  const say = (text: string, kind: 'plain' | 'bad' = 'plain') => {
    transcript.notice(text, kind)
    redraw()
  }
  /** Runs something that asks the gateway; what it refuses is said, what it could not hear is not. */
  const attempt = (work: () => Promise<void>) =>
    void work().catch(error => {
      if (!(error instanceof CoopError && error.code === 'gateway_unreachable')) say(messageOf(error), 'bad')
    })

  const activity = openActivity(text => {
    status.set({ activity: text })
    tui.requestRender()
  })
  const approvals = openApprovals({ link, prompts, theme, say, attempt })

  function show(event: SessionEvent): void {
    if (event.type === 'notice' && questionIn(event.text) !== null) return hold(event)
    transcript.take(event)
    if (event.type === 'turn_started' || event.type === 'thinking') activity.begin('thinking')
    else if (event.type === 'text') activity.begin('writing')
    else if (event.type === 'tool' && event.state !== 'done') {
      activity.begin(event.state === 'waiting' ? 'waiting for a person' : oneLine(event.name, 30))
      if (event.state === 'waiting') attempt(approvals.ask)
    } else if (event.type === 'turn_ended') {
      activity.end()
      attempt(refresh)
      attempt(approvals.ask)
    }
    redraw()
  }

  /** A notice of a question is drawn only if it is not asked here anyway. */
  function hold(event: SessionEvent): void {
    attempt(async () => {
      await approvals.ask().finally(() => {
        if (!approvals.asks(event)) transcript.take(event)
        redraw()
      })
    })
  }

  async function refresh(): Promise<void> {
    const state = await link.call('session/state', { session: link.session })
    const { name, level, model } = link.who
    status.set({ state, name, level, model, session: link.session, away: null })
    if (state.running && !activity.running) activity.begin('working')
    tui.requestRender()
  }

  async function learn(): Promise<void> {
    const vocabulary = await link.call('command/list', { session: link.session })
    editor.setAutocompleteProvider(completionOf(vocabulary, options.folder))
  }

  /** Tells the owner what is wrong with the gateway, which runs somewhere out of sight. */
  async function complain(): Promise<void> {
    if (link.who.level !== 'full' || !options.reconnect) return
    for (const problem of (await link.call('status', {})).problems) say(`! ${problem}`, 'bad')
  }

  async function follow(wanted: string): Promise<void> {
    const events = await link.follow(wanted)
    transcript.clear()
    activity.end()
    transcript.notice(`— ${wanted} —`)
    for (const event of events) if (!approvals.asks(event)) transcript.take(event)
    redraw()
    await Promise.all([refresh(), learn()])
  }

  const own = openOwnCommands({
    link,
    prompts,
    say,
    again: () => attempt(approvals.ask),
    follow,
    toEditor(text) {
      editor.setText(text)
      tui.requestRender()
    },
    leave: () => leave('end'),
  })

  editor.onSubmit = written => {
    const text = written.trim()
    if (text === '') return
    if (isFarewell(text)) return leave('end')
    if (text.length > mostCharacters) {
      editor.setText(written)
      return say(
        `A message has at most ${mostCharacters} characters; this has ${text.length}. Put it into a file.`,
        'bad',
      )
    }
    editor.addToHistory(text)
    const [, name, rest = ''] = /^\/([a-z]+)(?:\s+([\s\S]*))?$/.exec(text) ?? []
    const command = ownCommands.find(known => known.name === name)
    if (command) return attempt(() => own[command.name](rest))
    const attachments = imagesIn(text, options.folder)
    transcript.typed(text)
    if (attachments.length > 0)
      transcript.notice(`with ${attachments.map(attachment => attachment.name).join(', ')}`)
    link.send(text, attachments)
    redraw()
  }

  const keys = openKeys({
    editor,
    prompts,
    approvals,
    activity,
    tui,
    hint: text => status.set({ hint: text }),
    stop: () => attempt(async () => void (await link.call('session/stop', { session: link.session }))),
    suspend: () => suspension.suspend(),
    refold: () => transcript.toggleFold(),
    search: text => attempt(() => own.search(text)),
    sessions: () => attempt(() => own.sessions('')),
    leave,
  })
  tui.addInputListener(keys.take)

  away = reason => {
    transcript.dropStreamed()
    activity.end()
    status.set({ away: reason })
    redraw()
  }
  back = () => {
    status.set({ away: null })
    attempt(async () => {
      await Promise.all([refresh(), learn(), approvals.ask()])
    })
  }
  refused = (text, reason) => {
    transcript.untyped(text)
    if (editor.getText() === '') editor.setText(text)
    say(`Not sent: “${oneLine(text, 60)}”: ${reason}`, 'bad')
  }

  try {
    await approvals.learn().catch(() => {})
    for (const event of history) {
      if (!approvals.asks(event)) transcript.take(event)
      if (event.type === 'user' && event.author === link.who.person) editor.addToHistory(event.text)
    }
    for (const event of early.splice(0)) show(event)
    receive = show
    for (const text of options.said) transcript.notice(text)
    if (link.who.notice) transcript.notice(link.who.notice)
    if (history.length === 0) transcript.notice('/help lists the commands and the keys, Ctrl-D leaves.')
    terminal.setTitle(`Coop · ${clean(link.who.name)}`)
    transcript.showLast(terminal.rows * 4)
    tui.setFocus(editor)
    tui.start()
    attempt(async () => {
      await Promise.all([refresh(), learn(), approvals.ask(), complain()])
    })
    return { end: await end, unsent: link.unsent }
  } finally {
    keys[Symbol.dispose]()
    activity.end()
    stop.abort()
    tui.stop()
    await terminal.drainInput(100, 20)
  }
}
