// The Telegram channel on a Bot API of its own.
import { createTelegram, type TelegramSettings } from '../../../channels/telegram/telegram.ts'
import type { Channel } from '../../../src/channel.ts'
import { silentLog } from '../../../src/log.ts'
import { openFakeTelegram } from '../../support/fake-telegram.ts'
import type { Rig, SendFault } from '../contract.ts'
import { keptCursors } from '../cursors.ts'

export const alice = { id: 1001, name: 'Alice' }

export async function openTelegramRig(settings: Partial<TelegramSettings> = {}) {
  const telegram = await openFakeTelegram()
  const cursors = keptCursors()
  let token = telegram.token
  return {
    telegram,
    place: { channel: 'telegram', kind: 'direct', id: '1001' } as const,
    channel: async (): Promise<Channel> =>
      createTelegram({ token, apiRoot: telegram.url, ...settings }, { log: silentLog(), cursors }),
    write: async (text: string) => void telegram.write(alice, text),
    shown: () => telegram.sent(alice.id).map(sent => sent.text),
    fault(kind: SendFault) {
      const faults = {
        'lost request': 'drop',
        'lost answer': 'drop after',
        'late answer': { lateMs: 1_200 },
        unavailable: { status: 502, description: 'Bad Gateway' },
        limited: { status: 429, retryAfter: 2 },
        forbidden: { status: 403, description: 'Forbidden: bot was blocked by the user' },
      } as const
      telegram.fail('sendMessage', faults[kind])
    },
    interrupt() {
      telegram.fail('getUpdates', 'drop')
      telegram.fail('getUpdates', { status: 502, description: 'Bad Gateway' })
    },
    revoke() {
      token = `${token}x`
    },
    [Symbol.asyncDispose]: () => telegram[Symbol.asyncDispose](),
  } satisfies Rig & { telegram: unknown }
}
