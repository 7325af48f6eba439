// Finds a term among others in a long text of them, by its rarest letter: looking for the blank before it stops at every word.

export interface Sought {
  /** From its rarest letter on, with the blank behind it. */
  readonly end: string
  /** What has to stand before that, the blank first. */
  readonly start: string
}

const commonFirst = 'etaoinsrhldcumfpgwybvkxjqz'

export function soughtAs(term: string): Sought {
  let from = 0
  let rarest = -1
  for (let index = 0; index < term.length; index++) {
    const place = commonFirst.indexOf(term[index]!)
    const rarity = place < 0 ? commonFirst.length : place
    if (rarity <= rarest) continue
    rarest = rarity
    from = index
  }
  return { start: ` ${term.slice(0, from)}`, end: `${term.slice(from)} ` }
}

/** Where the blank before the term stands, at `from` or behind it; -1 if nowhere. */
export function placeOf({ start, end }: Sought, text: string, from: number): number {
  for (let at = text.indexOf(end, from + start.length); at >= 0; at = text.indexOf(end, at + 1)) {
    if (text.startsWith(start, at - start.length)) return at - start.length
  }
  return -1
}
