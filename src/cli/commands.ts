// The table of commands, each loaded when it is run.
import type { Listed } from './command.ts'

/** By name; the empty name is `coop` alone. */
export const commands: Readonly<Record<string, Listed>> = {
  '': {
    usage: 'coop [--user NAME] [--plain] [-m TEXT]',
    summary: 'attach to the running gateway, or start one and chat',
    load: async () => (await import('./chat.ts')).home,
  },
  init: {
    usage: 'coop init [--dir D] [--yes]',
    summary: 'make a home',
    load: async () => (await import('./init.ts')).init,
  },
  start: {
    usage: 'coop start [--detach]',
    summary: 'run the gateway',
    load: async () => (await import('./start.ts')).start,
  },
  stop: {
    usage: 'coop stop',
    summary: 'stop the gateway',
    load: async () => (await import('./stop.ts')).stop,
  },
  restart: {
    usage: 'coop restart',
    summary: 'stop the gateway and start it in the background',
    load: async () => (await import('./restart.ts')).restart,
  },
  status: {
    usage: 'coop status [--json]',
    summary: 'how the gateway is, what is wrong first',
    load: async () => (await import('./status.ts')).status,
  },
  logs: {
    usage: 'coop logs [-f] [-n 50]',
    summary: 'the newest log lines',
    load: async () => (await import('./logs.ts')).logs,
  },
  chat: {
    usage: 'coop chat [--user NAME] [--plain] [-m TEXT]',
    summary: 'a gateway and a chat in one process',
    load: async () => (await import('./chat.ts')).chat,
  },
  attach: {
    usage: 'coop attach [SESSION] [--user NAME] [--plain]',
    summary: 'a chat on the running gateway',
    load: async () => (await import('./chat.ts')).attach,
  },
  check: {
    usage: 'coop check [--json]',
    summary: 'validate the configuration; show what each person would get and each job would ask for',
    load: async () => (await import('./check.ts')).check,
  },
  doctor: {
    usage: 'coop doctor [--json]',
    summary: 'prove what Coop rests on, with the fix in each line',
    load: async () => (await import('./doctor.ts')).doctor,
  },
  users: {
    usage:
      'coop users [list|show NAME|approve CODE --as NAME --trust LEVEL|deny CODE|set NAME|merge NAME INTO] [--json]',
    summary: 'people, and strangers who wait',
    load: async () => (await import('./users.ts')).users,
  },
  memory: {
    usage: 'coop memory search|list|forget|export|import|stats …',
    summary: 'memories: search, list, forget, move',
    load: async () => (await import('./memory.ts')).memory,
  },
  config: {
    usage: 'coop config [get|explain|set|unset|preview|diff|history|rollback] …',
    summary: 'read and change the configuration',
    load: async () => (await import('./config.ts')).config,
  },
  cron: {
    usage: 'coop cron [list|run NAME|history [NAME]]',
    summary: 'what is scheduled, what it would ask for, and what became of it',
    load: async () => (await import('./cron.ts')).cron,
  },
  usage: {
    usage: 'coop usage [--days N] [--by user|model|job|day]',
    summary: 'tokens and money',
    load: async () => (await import('./usage.ts')).usage,
  },
  sessions: {
    usage: 'coop sessions [--user NAME] [--json]',
    summary: 'list conversations',
    load: async () => (await import('./sessions.ts')).sessions,
  },
  channels: {
    usage: 'coop channels [--json]',
    summary: 'the state of each channel',
    load: async () => (await import('./status.ts')).channels,
  },
  signal: {
    usage: 'coop signal link [--name N] | unlink',
    summary: 'link a Signal account, or unlink it',
    load: async () => (await import('./signal.ts')).signal,
  },
  mcp: {
    usage: 'coop mcp [list|test [NAME]|login NAME|logout NAME] [--json]',
    summary: 'tool servers: list them, try them, log in at one',
    load: async () => (await import('./mcp.ts')).mcp,
  },
  trace: {
    usage: 'coop trace [ID] [--follow] [--json]',
    summary: 'a turn as a tree: spans, times, tokens, cost',
    load: async () => (await import('./trace.ts')).trace,
  },
  gateway: {
    usage: 'coop gateway install [--print] | uninstall',
    summary: 'the gateway as a service that starts by itself',
    load: async () => (await import('./gateway.ts')).gateway,
  },
  backup: {
    usage: 'coop backup FILE [--with-keys]',
    summary: 'one consistent archive of the home, while it runs',
    load: async () => (await import('./backup.ts')).backup,
  },
  restore: {
    usage: 'coop restore FILE [--dir D]',
    summary: 'make a home from an archive',
    load: async () => (await import('./backup.ts')).restore,
  },
  completion: {
    usage: 'coop completion bash|zsh|fish',
    summary: 'print the completion for a shell',
    load: async () => (await import('./completion.ts')).completionOf(commands),
  },
  version: {
    usage: 'coop version',
    summary: 'print the version',
    load: async () => (await import('./version.ts')).version,
  },
}

/** What `coop help` prints. */
export function helpText(name = ''): string {
  const one = Object.hasOwn(commands, name) && name ? commands[name] : undefined
  if (one) return `${one.usage}\n  ${one.summary}\n`
  const width = Math.min(44, Math.max(...Object.values(commands).map(command => command.usage.length)))
  const lines = Object.values(commands).map(({ usage, summary }) =>
    usage.length > width
      ? `  ${usage}\n  ${' '.repeat(width)}  ${summary}`
      : `  ${usage.padEnd(width)}  ${summary}`,
  )
  return `Coop, a personal agent gateway that a household shares.\n\n${lines.join('\n')}\n\nEvery command takes --config FILE. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no such session, 4 no gateway, 130 interrupted.\n`
}
