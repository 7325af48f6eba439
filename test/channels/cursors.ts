// Cursors that outlive a channel, as the gateway keeps them.
import type { Cursors } from '../../src/channel.ts'

export function keptCursors(): Cursors {
  let kept: Readonly<Record<string, string>> = {}
  return {
    all: () => kept,
    save: cursors => {
      kept = cursors
    },
  }
}
