// The family of the trust tests: Alice and Bob are full, Carol is familiar, Mallory is nobody.
import type { Place } from '../../src/channel.ts'
import { type FakeChannel, type FakeModel, fakeChannel, fakeModel, type House, openHouse } from './house.ts'

export const users = `
[[users]]
name = "Alice"
trust = "full"
match = ["terminal:default", "tele:t-alice", "disc:d-alice"]
max_trust = { disc = "familiar" }
[[users]]
name = "Bob"
trust = "full"
match = ["tele:t-bob"]
[[users]]
name = "Carol"
trust = "familiar"
match = ["tele:t-carol"]
`

export interface Family extends House {
  readonly tele: FakeChannel
  readonly disc: FakeChannel
  readonly model: FakeModel
  /** What reached a chat, in order. */
  reached(place: string): string[]
}

export function openFamily(
  options: { toml?: string; say?: FakeModel['say']; files?: Record<string, string>; now?: () => number } = {},
): Family {
  const tele = fakeChannel('tele')
  const disc = fakeChannel('disc')
  const house = openHouse({
    toml: options.toml ?? users,
    channels: [tele, disc],
    model: fakeModel(options.say),
    ...(options.files ? { files: options.files } : {}),
    ...(options.now ? { now: options.now } : {}),
  })
  const of = ({ channel, id }: Place) => `${channel}:${id}`
  return Object.assign(house, {
    tele,
    disc,
    reached: (place: string) =>
      [...tele.sent, ...disc.sent].filter(one => of(one.place) === place).map(one => one.text),
  })
}
