// A connection to one tool server: opened once, listing its tools, calling them under a time limit.
import type { Client, FetchLike, Tool, Transport } from '@modelcontextprotocol/client'
import type { Served } from '../box/serve.ts'
import { CoopError, messageOf } from '../errors.ts'
import { authOf, loginWanted, type Renewals } from './auth.ts'
import type { Logins } from './logins.ts'
import { inLine } from './outside.ts'
import type { ToolServer } from './server.ts'
import { stdioTransport } from './stdio.ts'

/** A tool as its server describes it: not one word of it is to be believed. */
export interface ServerTool {
  readonly name: string
  readonly description: string
  readonly schema: unknown
}

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
  readonly logins: Logins
  readonly renewals: Renewals
  readonly fetch: FetchLike
  /** Starts the program of a server. */
  readonly serve: (signal: AbortSignal) => Promise<Served>
}

const listMs = 20_000
/** A list is asked for again after this long, in milliseconds, if the server does not say before that it changed. */
const listKeptMs = 5 * 60_000
const maxPages = 20
const maxTools = 1_000

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
  const reasonOf = async (error: unknown, limitMs: number) =>
    describe(sdk, error, server, limitMs, served ? await endOf(served) : undefined)
  try {
    await client.connect(transport, { timeout: server.timeoutMs, signal })
  } catch (error) {
    const reason = await reasonOf(error, server.timeoutMs)
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
      if (listed && Date.now() - listed.at < listKeptMs) return listed.tools
      const tools = listOf(client)
      listed = { at: Date.now(), tools }
      try {
        return await tools
      } catch (error) {
        listed = undefined
        broken = true
        throw new CoopError('tool_server_failed', await reasonOf(error, listMs), { cause: error })
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
        return { kind: 'fault', reason: await reasonOf(error, timeoutMs), begun: true }
      }
    },
    async [Symbol.asyncDispose]() {
      await client.close().catch(() => {})
      await served?.[Symbol.asyncDispose]()
    },
  }
}

type Sdk = typeof import('@modelcontextprotocol/client')

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

function describe(
  sdk: Sdk,
  error: unknown,
  { name }: ToolServer,
  limitMs: number,
  end: string | undefined,
): string {
  if (end !== undefined && end !== 'it was ended') return inLine(end)
  if (error instanceof sdk.SdkError && error.code === sdk.SdkErrorCode.RequestTimeout)
    return `no answer within ${limitMs / 1_000} s`
  if (error instanceof sdk.SdkError && error.code === sdk.SdkErrorCode.ConnectionClosed)
    return 'the connection was closed'
  if (error instanceof sdk.UnauthorizedError || error instanceof sdk.InsufficientScopeError)
    return loginWanted(name).message
  if (error instanceof sdk.SdkHttpError) {
    const { status } = error
    if (status >= 300 && status < 400)
      return 'it sends on to another address; write that one as its url if it is the right one'
    return status === 401 || status === 403 ? loginWanted(name).message : `it answered with status ${status}`
  }
  const cause = error instanceof Error && error.cause instanceof CoopError ? error.cause : error
  return inLine(messageOf(cause))
}

async function listOf(client: Client): Promise<readonly ServerTool[]> {
  if (!client.getServerCapabilities()?.tools) return []
  const tools = new Map<string, ServerTool>()
  let cursor: string | undefined
  for (let page = 0; page < maxPages && tools.size < maxTools; page++) {
    const found = await client.request(
      { method: 'tools/list', params: cursor === undefined ? {} : { cursor } },
      { timeout: listMs, maxTotalTimeout: listMs },
    )
    for (const { name, description = '', inputSchema } of found.tools) {
      // A name that is no plain word could pass for something else where it is shown.
      if (!/^[\w./-]{1,128}$/.test(name) || tools.has(name) || tools.size >= maxTools) continue
      tools.set(name, { name, description, schema: inputSchema })
    }
    cursor = found.nextCursor
    if (cursor === undefined) break
  }
  return [...tools.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

type Result = Awaited<ReturnType<Client['callTool']>>

function textOf(result: Result): string {
  const parts = (result.content ?? []).map(block => {
    if (block.type === 'text') return block.text
    if (block.type === 'image' || block.type === 'audio')
      return `[${block.type} ${block.mimeType}, ${Math.ceil((block.data.length * 3) / 4 / 1024)} kB, not shown]`
    if (block.type === 'resource_link') return `[link ${block.name}: ${block.uri}]`
    return 'text' in block.resource
      ? `${block.resource.uri}\n${block.resource.text}`
      : `[file ${block.resource.uri}]`
  })
  if (parts.length === 0 && result.structuredContent !== undefined)
    return JSON.stringify(result.structuredContent)
  return parts.join('\n\n')
}
