// The terminal keeps the channel contract: its platform is the socket, and a live client writes.
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTerminal } from '../../../channels/terminal/terminal.ts'
import type { Control, Place } from '../../../src/channel.ts'
import { silentLog } from '../../../src/log.ts'
import { connectClient } from '../../../src/protocol/client.ts'
import { protocolVersion } from '../../../src/protocol/framing.ts'
import { channelContract, type Rig } from '../contract.ts'

const place: Place = { channel: 'terminal', kind: 'direct', id: 'default' }

/** A gateway that knows Alice and lets her write. */
const control: Control = {
  admit: () => ({
    principal: { person: 'alice', name: 'Alice', level: 'full', sender: 'default', session: 'direct:alice' },
    protocol: protocolVersion,
    person: 'alice',
    name: 'Alice',
    level: 'full',
    session: 'direct:alice',
    model: 'offline/coop',
  }),
  call: async () => {
    throw new Error('nothing is asked of the gateway here')
  },
  placeOf: () => place,
  attach: () => ({ session: 'direct:alice', seq: 0, [Symbol.dispose]: () => {} }),
}

async function openTerminalRig(): Promise<Rig> {
  const dir = mkdtempSync(join(tmpdir(), 'coop-terminal-'))
  const socket = join(dir, 'coop.sock')
  return {
    place,
    channel: () => createTerminal({ socket, control, log: silentLog() }),
    async write(text) {
      using client = await connectClient(socket, () => {})
      await client.call('initialize', { protocol: protocolVersion, client: 'test' })
      await client.call('session/send', { session: 'direct:alice', text, id: randomUUID() })
    },
    [Symbol.asyncDispose]: async () => rmSync(dir, { recursive: true, force: true }),
  }
}

channelContract('terminal', openTerminalRig)
