// Memories as they are shown: a line for people, an object for programs.
import { isoDay } from '../../memory/dates.ts'
import type { Memo } from '../../memory/row.ts'
import type { Cli } from '../command.ts'
import { type Flags, print } from './work.ts'

/** A result as other programs read it: personal stores without whose they are. */
export const resultOf = (memo: Memo) => ({
  id: memo.id,
  ref: memo.ref,
  store: memo.store.startsWith('personal:') ? 'personal' : memo.store,
  kind: memo.kind,
  text: memo.text,
  said_by: memo.saidBy,
  at: new Date(memo.at).toISOString(),
})

export function show(cli: Cli, flags: Flags, memos: readonly Memo[]): void {
  if (flags.json) print(cli, JSON.stringify(memos.map(resultOf)))
  else if (memos.length === 0) print(cli, 'Nothing found.')
  else {
    for (const memo of memos) {
      const marks = [
        memo.store,
        memo.kind,
        ...(memo.pinned ? ['pinned'] : []),
        ...(memo.ended ? [`no longer so${memo.until === null ? '' : ` since ${isoDay(memo.until)}`}`] : []),
      ]
      const who = memo.saidBy === null ? '' : `${memo.saidBy}: `
      print(
        cli,
        `${memo.id.slice(0, 8)}  ${isoDay(memo.at)}  ${who}${memo.text.replace(/\s+/g, ' ')}  (${marks.join(', ')})`,
      )
    }
  }
}
