// argv to command; the only file that touches signals and exit codes.
import { type Cli, type Command, exit, exitCodeOf, isParseError } from './cli/command.ts'
import { commands, helpText } from './cli/commands.ts'
import { surroundings } from './config/environment.ts'
import { nearest } from './config/nearest.ts'
import { CoopError, isStorageFault, messageOf, storageWords } from './errors.ts'

const jobs: NonNullable<Cli['jobs']> = {
  suspend: () => void process.kill(0, 'SIGTSTP'),
  onContinue(listener) {
    process.on('SIGCONT', listener)
    return { [Symbol.dispose]: () => void process.off('SIGCONT', listener) }
  },
}

/** Runs one command line and sets the exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  const stop = new AbortController()
  let interrupts = 0
  const interrupt = (signal: NodeJS.Signals) => {
    if (++interrupts > 1) process.exit(exit.interrupted)
    stop.abort(signal)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt)
  process.stdout.on('error', error => {
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') process.exit(exit.done)
  })
  // What can't be told, to a log file on a full disk say, must not end a gateway.
  process.stderr.on('error', () => {})
  process.on('unhandledRejection', error => {
    process.stderr.write(`coop: ${messageOf(error)}\n`)
    process.exitCode = exit.failed
  })
  let running = ''
  try {
    const { config, name, args } = split(argv)
    running = name
    const cli: Cli = {
      stdin: process.stdin,
      stdout: process.stdout,
      stderr: process.stderr,
      surroundings: surroundings(),
      config,
      signal: stop.signal,
      jobs,
    }
    if (name === 'help') process.stdout.write(helpText(known(args[0] === 'help' ? '' : (args[0] ?? ''))))
    else process.exitCode = await find(name).then(command => command.run(args, cli))
  } catch (error) {
    process.exitCode = isInterrupt(error, stop.signal) ? exit.interrupted : exitCodeOf(error, running)
    if (process.exitCode !== exit.interrupted) process.stderr.write(`coop: ${describe(error)}\n`)
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, interrupt)
  }
}

function split(argv: readonly string[]): {
  config: string | undefined
  name: string
  args: readonly string[]
} {
  const rest = [...argv]
  let config: string | undefined
  while (rest[0] === '--config' || rest[0]?.startsWith('--config=')) {
    const flag = rest.shift()!
    config = flag.includes('=') ? flag.slice(flag.indexOf('=') + 1) : rest.shift()
    if (!config) throw new CoopError('usage_wrong', '--config takes the path of a coop.toml.')
  }
  const [first, ...args] = rest
  if (first === '--help' || first === '-h' || args.includes('--help'))
    return { config, name: 'help', args: first?.startsWith('-') ? [] : [first ?? ''] }
  if (first === '--version' || first === '-v') return { config, name: 'version', args }
  if (first === undefined) return { config, name: '', args }
  if (/^(-m|--(message|user|plain)\b)/.test(first))
    return { config: config ?? after(args, '--config'), name: '', args: without(rest, '--config') }
  if (first.startsWith('-'))
    throw new CoopError('usage_wrong', `Coop does not know ${first}; \`coop help\` lists the commands.`)
  return { config: config ?? after(args, '--config'), name: first, args: without(args, '--config') }
}

/** `--config` may also stand behind the command. */
function after(args: readonly string[], flag: string): string | undefined {
  const at = args.indexOf(flag)
  return at === -1 ? args.find(arg => arg.startsWith(`${flag}=`))?.slice(flag.length + 1) : args[at + 1]
}

const without = (args: readonly string[], flag: string): string[] =>
  args.filter((arg, index) => arg !== flag && !arg.startsWith(`${flag}=`) && args[index - 1] !== flag)

const find = (name: string): Promise<Command> => commands[known(name)]!.load()

/** The name itself, if there is such a command. */
function known(name: string): string {
  if (Object.hasOwn(commands, name)) return name
  const near = nearest(name, Object.keys(commands).filter(Boolean))
  throw new CoopError(
    'usage_wrong',
    `There is no command "${name}"${near ? `; did you mean "${near}"?` : '; `coop help` lists them.'}`,
  )
}

function describe(error: unknown): string {
  if (error instanceof CoopError) return error.message
  if (isStorageFault(error)) return storageWords(error)
  if (isClosed(error)) return `${messageOf(error)}; its owner can read it, or open it with chown or chmod.`
  if (isParseError(error)) return `${messageOf(error)} (see \`coop help\`)`
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** Whether a command broke off because its person said so. */
const isInterrupt = (error: unknown, signal: AbortSignal): boolean =>
  signal.aborted && (error === signal.reason || (error instanceof Error && error.name === 'AbortError'))

/** Whether the system refused a file to this user. */
const isClosed = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM')

if (import.meta.main) await main(process.argv.slice(2))
