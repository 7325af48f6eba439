// A connection to one tool server: opened once, listing its tools, calling them under a time limit.
import type { FetchLike, Tool, Transport } from '@modelcontextprotocol/client'
import type { Served } from '../box/serve.ts'
import { CoopError } from '../errors.ts'
import { listMs, listOf, type ServerTool, textOf } from './answers.ts'
import { authOf, type Renewals } from './auth.ts'
import type { Logins } from './logins.ts'
import { inLine } from './outside.ts'
import { reasonOf, type Sdk } from './reason.ts'
import type { ToolServer } from './server.ts'
import { stdioTransport } from './stdio.ts'

export type CallOutcome =
  | { readonly kind: 'answer'; readonly text: string; readonly isError: boolean }
  /** What did not work, in the server's words or ours. `begun`: it may have taken effect all the same. */
  | { readonly kind: 'fault'; readonly reason: string; readonly begun: boolean }

export interface Connection extends AsyncDisposable {
  /** What the server calls itself. */
  readonly title: string
  /** Resolves when nothing can be asked any more. */
  readonly closed: Promise<void>
  /** A call had no answer: whatever is asked next is better asked anew. */
  broken(): boolean
  tools(): Promise<readonly ServerTool[]>
  call(tool: ServerTool, args: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<CallOutcome>
}

export interface ConnectDeps {
  readonly version: string
  /** How long a server may take to greet, in milliseconds. */
  readonly startMs: number
  readonly logins: Logins
  readonly renewals: Renewals
  readonly fetch: FetchLike
  /** Starts the program of a server. */
  readonly serve: (signal: AbortSignal) => Promise<Served>
}

/** A list is asked for again after this long, in milliseconds, if the server does not say before that it changed. */
const listKeptMs = 5 * 60_000

/** Throws `tool_server_failed` with the reason alone: who asks names the server. */
export async function connect(
  server: ToolServer,
  deps: ConnectDeps,
  signal: AbortSignal,
): Promise<Connection> {
  const sdk = await import('@modelcontextprotocol/client')
  const served = server.way.kind === 'program' ? await deps.serve(signal) : undefined
  const transport: Transport =
    server.way.kind === 'program'
      ? stdioTransport(served!, sdk.parseJSONRPCMessage)
      : httpTransport(sdk, server, server.way.url, server.way.headers, deps)
  const client = new sdk.Client(
    { name: 'coop', version: deps.version },
    {
      // A schema from outside would be compiled to code, and nothing here relies on it.
      jsonSchemaValidator: {
        getValidator: () => data => ({ valid: true, data: data as never, errorMessage: undefined }),
      },
      // On a pipe an old server may take the newer greeting for a reason to end.
      versionNegotiation: { mode: server.way.kind === 'program' ? 'legacy' : 'auto' },
    },
  )
  const { promise: closed, resolve: close } = Promise.withResolvers<void>()
  client.onclose = close
  const why = async (error: unknown, limitMs: number) =>
    reasonOf(sdk, error, server, limitMs, served ? await endOf(served) : undefined)
  try {
    await client.connect(transport, { timeout: deps.startMs, signal })
  } catch (error) {
    const reason = await why(error, deps.startMs)
    await client.close().catch(() => {})
    await served?.[Symbol.asyncDispose]()
    signal.throwIfAborted()
    throw new CoopError('tool_server_failed', reason, { cause: error })
  }
  let listed: { at: number; tools: Promise<readonly ServerTool[]> } | undefined
  client.setNotificationHandler('notifications/tools/list_changed', () => {
    listed = undefined
  })
  let broken = false
  const { name = '', version = '' } = client.getServerVersion() ?? {}

  return {
    title: inLine(`${name} ${version}`, 80),
    closed,
    broken: () => broken,
    async tools() {
      if (listed && performance.now() - listed.at < listKeptMs) return listed.tools
      const tools = listOf(client)
      listed = { at: performance.now(), tools }
      try {
        return await tools
      } catch (error) {
        listed = undefined
        broken = true
        throw new CoopError('tool_server_failed', await why(error, listMs), { cause: error })
      }
    },
    async call(tool, args, callSignal) {
      const { timeoutMs } = server
      try {
        const result = await client.callTool(
          { name: tool.name, arguments: { ...args } },
          {
            signal: callSignal,
            timeout: timeoutMs,
            maxTotalTimeout: timeoutMs,
            toolDefinition: { name: tool.name, inputSchema: tool.schema } as Tool,
          },
        )
        return { kind: 'answer', text: textOf(result), isError: result.isError === true }
      } catch (error) {
        callSignal.throwIfAborted()
        if (error instanceof sdk.ProtocolError)
          return { kind: 'answer', text: `${error.message} (${error.code})`, isError: true }
        broken = true
        return { kind: 'fault', reason: await why(error, timeoutMs), begun: true }
      }
    },
    async [Symbol.asyncDispose]() {
      await client.close().catch(() => {})
      await served?.[Symbol.asyncDispose]()
    },
  }
}

function httpTransport(
  sdk: Sdk,
  server: ToolServer,
  url: URL,
  headers: Readonly<Record<string, string>>,
  deps: ConnectDeps,
): Transport {
  const authProvider = authOf(server, deps.logins, deps.renewals)
  return new sdk.StreamableHTTPClientTransport(url, {
    fetch: deps.fetch,
    requestInit: { headers: { ...headers } },
    // What more is asked for is not the server's to decide.
    onInsufficientScope: 'throw',
    ...(authProvider ? { authProvider } : {}),
  })
}

/** How a program ended, if it does so by now: a moment passes between its last word and its end. */
function endOf(served: Served): Promise<string | undefined> {
  const { promise: soon, resolve } = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => resolve(undefined), 1_000)
  return Promise.race([served.ended, soon]).finally(() => clearTimeout(timer))
}
