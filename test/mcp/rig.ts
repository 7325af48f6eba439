// Tool servers for tests: a household of three, real boxes, and the hand that each person would get.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { silentLog } from '../../src/log.ts'
import { loginsFolder, openLogins } from '../../src/mcp/logins.ts'
import { openToolServers, type ToolServers } from '../../src/mcp/room.ts'
import { type ToolServer, toolServersOf } from '../../src/mcp/server.ts'
import type { McpHand } from '../../src/tools/hands/outside.ts'
import { openRig, type Rig, type RigOptions } from '../box/rig.ts'

/** The program of test/support. */
export const program = fileURLToPath(new URL('../support/tool-server.mjs', import.meta.url))

export interface McpRig extends AsyncDisposable {
  readonly rig: Rig
  readonly servers: ToolServers
  readonly logins: string
  readonly signal: AbortSignal
  /** The clock that pauses are counted by. */
  now: number
  readonly all: readonly ToolServer[]
  hand(who: string): McpHand
  /** The same where a group reads along. */
  groupHand(who: string, members: readonly string[], ceiling: string): McpHand | null
}

export async function openMcpRig(
  toml: string,
  options: Omit<RigOptions, 'toml'> & { readonly startMs?: number } = {},
): Promise<McpRig> {
  const rig = openRig({ ...options, toml })
  await rig.boxes.proof(rig.signal)
  const all = toolServersOf(rig.config)
  const logins = loginsFolder(join(rig.home, 'db'))
  const mine: McpRig = {
    rig,
    logins,
    all,
    signal: rig.signal,
    now: Date.now(),
    servers: openToolServers({
      servers: () => mine.all,
      boxes: rig.boxes,
      logins,
      version: '0.0.0',
      log: silentLog(),
      now: () => mine.now,
      ...(options.startMs === undefined ? {} : { startMs: options.startMs }),
    }),
    hand(who) {
      const hand = mine.servers.hand(rig.direct(who))
      if (!hand) throw new Error(`${who} has no tool servers`)
      return hand
    },
    groupHand: (who, members, ceiling) => mine.servers.hand(rig.group(who, members, ceiling)),
    async [Symbol.asyncDispose]() {
      await mine.servers[Symbol.asyncDispose]()
      rig[Symbol.dispose]()
    },
  }
  return mine
}

export const loginsIn = (mine: McpRig) => openLogins(mine.logins)
