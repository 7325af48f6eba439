// `coop memory import`: lines into stores, each through the view of whose it is; a broken line stops no other.
import { viewOf } from '../../access/clear.ts'
import { CoopError, messageOf } from '../../errors.ts'
import { type Line, lineFields, openImport, parseLine } from '../../memory/transfer.ts'
import type { MemoryView } from '../../memory/view.ts'
import { exit } from '../command.ts'
import { linesOf } from './lines.ts'
import { personAsked, print, type Work, warn } from './work.ts'

const batchLines = 1_000

export async function importCommand({
  cli,
  config,
  memory,
  view,
  person,
  flags,
  rest,
}: Work): Promise<number> {
  if (rest[0] === undefined)
    throw new CoopError('usage_wrong', 'coop memory import needs a file, or - for standard input.')
  const into = openImport()
  const views = new Map([[person.id, view]])
  let batch = new Map<MemoryView, Line[]>()
  let pending = 0
  let number = 0
  let stored = 0
  let known = 0
  let broken = 0
  const unread = new Set<string>()

  const flush = () => {
    for (const [target, lines] of batch) {
      const fresh = target.import(into, lines)
      stored += fresh
      known += lines.length - fresh
    }
    batch = new Map()
    pending = 0
  }

  for await (const text of linesOf(rest[0], cli)) {
    number++
    if (text.trim() === '') continue
    try {
      const line = parseLine(text, sayUnread)
      const target = viewFor(line)
      target.checkLine(line)
      const lines = batch.get(target)
      if (lines) lines.push(line)
      else batch.set(target, [line])
      if (++pending >= batchLines) flush()
    } catch (error) {
      if (!(error instanceof CoopError)) throw error
      broken++
      warn(cli, `line ${number}: ${messageOf(error)}`)
    }
  }
  flush()
  into.finish()
  const parts = [
    `${stored} imported`,
    ...(known ? [`${known} known already`] : []),
    ...(broken ? [`${broken} broken`] : []),
  ]
  print(cli, flags.json ? JSON.stringify({ imported: stored, known, broken }) : `${parts.join(', ')}.`)
  return broken > 0 ? exit.failed : exit.done

  /** Once a field: who spoke or when, under another name, would be missed in every search. */
  function sayUnread(field: string): void {
    if (unread.has(field)) return
    unread.add(field)
    warn(cli, `line ${number}: "${field}" is not read, here or below; a line has ${lineFields.join(', ')}`)
  }

  /** A line of somebody's personal store goes through their view, if the terminal may take it. */
  function viewFor(line: Line): MemoryView {
    if (line.owner === undefined || line.owner === person.id) return view
    if (flags.as !== undefined)
      throw new CoopError('not_permitted', `owner: only ${person.id}’s with --as ${flags.as}`)
    const owner = personAsked(config, line.owner)
    const open = views.get(owner.id) ?? memory.open(viewOf(owner, 'terminal', config.household))
    views.set(owner.id, open)
    return open
  }
}
