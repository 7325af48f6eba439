// The client protocol: JSON-RPC 2.0 methods with their parameters and results.
import { z } from 'zod'
import type { FaultCode } from '../errors.ts'
import type { SequencedEvent } from './events.ts'

const session = z.string().min(1).max(300)
const limit = z.int().min(1).max(500)

/** Parameters of each method; unknown fields are ignored, so that a newer client can say more. */
export const methods = {
  initialize: z.object({
    protocol: z.int().describe('the version that the client speaks'),
    client: z.string().max(100).describe('what the client calls itself'),
    token: z.string().optional().describe('for transports that do not know who connects'),
    user: z.string().optional().describe('whose view to take, never a higher one'),
  }),
  'session/list': z.object({ cursor: z.string().optional(), limit: limit.default(50) }),
  'session/attach': z.object({
    session: session.optional().describe('the principal’s own direct session if absent'),
    after: z.int().min(0).optional().describe('replay what came after this seq; nothing if absent'),
  }),
  'session/send': z.object({
    session,
    text: z.string().max(1_000_000),
    attachments: z
      .array(z.object({ name: z.string(), mime: z.string(), path: z.string() }))
      .max(10)
      .default([]),
    id: z.string().min(1).max(200).describe('the same id is the same message, however often it is sent'),
  }),
  'session/stop': z.object({ session }),
  'session/history': z.object({ session, before: z.int().min(1).optional(), limit: limit.default(50) }),
  'session/rename': z.object({ session, title: z.string().trim().min(1).max(200) }),
  'session/delete': z.object({ session }),
  'approval/list': z.object({}),
  'approval/answer': z.object({
    id: z.string(),
    answer: z.enum(['approve', 'deny']),
    minutes: z.int().min(1).max(240).optional().describe('a yes for so long, also for calls like it'),
  }),
  'command/run': z.object({ session, command: z.string().min(1).max(10_000) }),
  'command/list': z.object({ session }),
  'session/state': z.object({ session }),
  status: z.object({}),
  'gateway/stop': z.object({}),
} as const

export type Method = keyof typeof methods
export type Params<M extends Method> = z.input<(typeof methods)[M]>

export interface SessionInfo {
  readonly id: string
  readonly title: string
  readonly updatedAt: number
}

export interface ApprovalInfo {
  readonly id: string
  readonly question: string
  /** Which calls a yes for some minutes would also allow; absent where a yes is for once only. */
  readonly longer?: string
  readonly createdAt: number
  readonly expiresAt: number
}

export interface CommandInfo {
  readonly name: string
  readonly usage: string
  readonly summary: string
}

export interface StatusReport {
  readonly version: string
  readonly pid: number
  readonly home: string
  readonly startedAt: number
  readonly model: string
  /** What is wrong, worst first; empty when all is well. */
  readonly problems: readonly string[]
  readonly channels: readonly {
    readonly name: string
    readonly state: string
    readonly error?: string
    /** What went wrong last, mended since; `at` is milliseconds since 1970. */
    readonly lastError?: { readonly text: string; readonly at: number }
  }[]
  readonly turns: { readonly running: number; readonly waiting: number }
  readonly inbox: Readonly<Record<string, number>>
  readonly outbox: Readonly<Record<string, number>>
}

export interface Results {
  initialize: {
    protocol: number
    person: string
    name: string
    level: string
    session: string
    model: string
    notice?: string
  }
  'session/list': { sessions: SessionInfo[]; next?: string }
  'session/attach': { session: string; seq: number }
  'session/send': { accepted: boolean }
  'session/stop': { stopped: boolean }
  'session/history': { events: SequencedEvent[]; more: boolean }
  'session/rename': { renamed: boolean }
  'session/delete': { deleted: boolean }
  'approval/list': { approvals: ApprovalInfo[] }
  'approval/answer': { text: string }
  /** `fault`: it was not done, and the text says why. */
  'command/run': { text: string; fault?: FaultCode }
  /** What may be typed here: commands, models to choose, people to write to. */
  'command/list': { commands: CommandInfo[]; models: string[]; people: string[] }
  'session/state': {
    session: string
    title: string
    model: string
    running: boolean
    /** Tokens of the last request and its answer, and how many the model takes. */
    context: { used: number; limit: number }
    /** What the person's turns cost since midnight UTC. */
    usdToday: number
    /** For the fully trusted; else empty. */
    channels: { name: string; state: string }[]
  }
  status: StatusReport
  'gateway/stop': { stopping: boolean }
}

/** JSON-RPC error codes; below -32000 those of the standard. */
export const rpcErrors = {
  parse: -32700,
  request: -32600,
  method: -32601,
  params: -32602,
  internal: -32603,
  uninitialized: -32002,
  version: -32003,
  tooLarge: -32004,
  fault: -32010,
} as const

export interface RpcError {
  readonly code: number
  readonly message: string
  /** The code of the fault catalogue, for `fault`. */
  readonly data?: { readonly fault?: string }
}

export interface RpcRequest {
  readonly jsonrpc: '2.0'
  readonly id?: number | string
  readonly method: string
  readonly params?: unknown
}

export interface RpcResponse {
  readonly jsonrpc: '2.0'
  readonly id: number | string | null
  readonly result?: unknown
  readonly error?: RpcError
}
