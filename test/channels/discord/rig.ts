// The Discord channel on a REST API and a gateway of its own.
import { createDiscord } from '../../../channels/discord/discord.ts'
import type { Channel } from '../../../src/channel.ts'
import { silentLog } from '../../../src/log.ts'
import { openFakeDiscord } from '../../support/fake-discord.ts'
import type { Rig, SendFault } from '../contract.ts'
import { keptCursors } from '../cursors.ts'

export const alice = { id: '1001', name: 'Alice' }

export async function openDiscordRig({ named = true } = {}) {
  const discord = await openFakeDiscord()
  const cursors = keptCursors()
  const people: string[] = []
  let token = discord.token
  return {
    discord,
    cursors,
    /** The household. */
    people,
    place: { channel: 'discord', kind: 'direct', id: alice.id } as const,
    channel: async (): Promise<Channel> =>
      createDiscord(
        // Without its address, the platform is asked for it.
        { token, apiRoot: discord.url, ...(named ? { gatewayUrl: discord.gatewayUrl } : {}) },
        { log: silentLog(), cursors, people: () => people },
      ),
    write: async (text: string) => void discord.write(alice, text),
    shown: () => discord.sent(discord.direct(alice.id)).map(sent => sent.text),
    fault(kind: SendFault) {
      const faults = {
        'lost request': 'drop',
        'lost answer': 'drop after',
        'late answer': { lateMs: 1_200 },
        unavailable: { status: 502 },
        limited: { status: 429, retryAfter: 0.2 },
        forbidden: { status: 403, code: 50_007, message: 'Cannot send messages to this user' },
      } as const
      discord.fail(/^POST \/channels\/\d+\/messages$/, faults[kind])
    },
    interrupt: () => discord.hangUp(1006),
    revoke() {
      token = `${token}x`
    },
    [Symbol.asyncDispose]: () => discord[Symbol.asyncDispose](),
  } satisfies Rig & { discord: unknown; cursors: unknown; people: unknown }
}
