// Markdown changed where it is no code: what stands in code is meant as it is. One walk over the text, however it is made.

/** What `change` makes of all that is neither in a fenced block, up to its end or the text's, nor in code within a line. */
export function outsideCode(markdown: string, change: (text: string) => string): string {
  if (!/`|~~~/.test(markdown)) return change(markdown)
  let done = ''
  let plain = ''
  let open: string | null = null
  const give = (code: string) => {
    if (code === '') return
    if (plain !== '') done += change(plain)
    plain = ''
    done += code
  }
  for (const line of linesOf(markdown)) {
    const before = open
    open = fenceBehind(line, open)
    if (open !== null || before !== null) give(line)
    else
      for (const { code, text } of piecesOf(line)) {
        if (code) give(text)
        else plain += text
      }
  }
  return plain === '' ? done : done + change(plain)
}

/** Each with its line end. */
export const linesOf = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? []

/** The mark of the block that is open behind a line, of the one before if `open`; also in a list or a quote. */
export function fenceBehind(line: string, open: string | null): string | null {
  const [, mark, rest] = /^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?(`{3,}|~{3,})(.*)/.exec(line) ?? []
  if (mark === undefined) return open
  if (open !== null) return mark.startsWith(open) && rest!.trim() === '' ? null : open
  return mark.startsWith('`') && rest!.includes('`') ? null : mark
}

/** A line in its code and what stands between: as many backticks as began it end it. */
function piecesOf(line: string): { readonly code: boolean; readonly text: string }[] {
  const runs = [...line.matchAll(/`+/g)].map(({ index, 0: { length } }) => ({ index, length }))
  if (runs.length < 2) return [{ code: false, text: line }]
  const pieces: { code: boolean; text: string }[] = []
  const closing = nextOfSameLength(runs)
  let from = 0
  for (let at = 0; at < runs.length; at++) {
    const end = closing[at]
    if (end === undefined) continue
    const to = runs[end]!.index + runs[end]!.length
    pieces.push({ code: false, text: line.slice(from, runs[at]!.index) })
    pieces.push({ code: true, text: line.slice(runs[at]!.index, to) })
    from = to
    at = end
  }
  return [...pieces, { code: false, text: line.slice(from) }]
}

/** For each run the number of the next one that is as long. */
function nextOfSameLength(runs: readonly { length: number }[]): (number | undefined)[] {
  const seen = new Map<number, number>()
  const next: (number | undefined)[] = []
  for (let at = runs.length - 1; at >= 0; at--) {
    next[at] = seen.get(runs[at]!.length)
    seen.set(runs[at]!.length, at)
  }
  return next
}
