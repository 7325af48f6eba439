// Cuts a long text into parts that a channel takes, between paragraphs if it can, never inside a code fence, a link or a character.

/** A mark longer than `closingRoom` holds is taken as text. */
const fence = /^(`{3,7}(?!`)|~{3,7}(?!~))(.*)$/gm

/** Parts of at most `limit` UTF-16 units. Joined, they are the text again, but for fences closed and opened anew at cuts. */
export function split(text: string, limit: number): string[] {
  const parts: string[] = []
  let rest = text
  let opening = ''
  while (opening.length + rest.length > limit) {
    const room = limit - opening.length - closingRoom
    const cut = withEnd(rest, beforeLink(rest, cutAt(rest, Math.max(room, 1))), opening)
    const piece = rest.slice(0, cut)
    const open = openFence(opening + piece)
    const broken = piece.endsWith('\n') ? '' : '\n'
    parts.push(open ? `${opening}${piece}${broken}${open.mark}` : opening + piece)
    rest = rest.slice(cut)
    opening = open ? `${open.line}\n` : ''
    if (opening.length > limit / 2) opening = ''
  }
  if (rest !== '' || parts.length === 0) parts.push(opening + rest)
  return parts
}

/** Room kept for a closing fence on a line of its own. */
const closingRoom = 8

/** Where to cut: after the last paragraph, line, sentence or word that fits, else between two characters. */
function cutAt(text: string, room: number): number {
  if (text.length <= room) return text.length
  const head = text.slice(0, room)
  for (const mark of ['\n\n', '\n', '. ', ' ']) {
    const at = head.lastIndexOf(mark)
    if (at >= room / 4) return at + mark.length
  }
  return boundaryBefore(text, room)
}

/** `cut`, or the end of the closing fence that would stand alone behind it: a part does not begin with an empty block. */
function withEnd(text: string, cut: number, opening: string): number {
  const [line, mark] = /^(`{3,7}|~{3,7})(?:\n|$)/.exec(text.slice(cut, cut + closingRoom)) ?? []
  if (!line || !text.slice(0, cut).endsWith('\n')) return cut
  return mark!.startsWith(openFence(opening + text.slice(0, cut))?.mark ?? 'none') ? cut + line.length : cut
}

/** A bracket begins no second link: what only looks like the beginning of one is passed over at once. */
const link = /!?\[[^[\]\n]{0,500}\]\([^)[\s]{1,2000}\)|https?:\/\/[^\s<>]{1,2000}/g
const longestLink = 2_600

/** `cut`, or the beginning of the link that it would cut in two, unless nothing stands before that. */
function beforeLink(text: string, cut: number): number {
  const from = Math.max(0, cut - longestLink)
  for (const { index, 0: found } of text.slice(from, cut + longestLink).matchAll(link)) {
    const start = from + index
    if (start >= cut) break
    if (start > 0 && cut < start + found.length) return start
  }
  return cut
}

/** The last boundary between whole characters, joined emoji included, at or before `at`. */
function boundaryBefore(text: string, at: number): number {
  const from = Math.max(0, at - 64)
  let last = 0
  for (const { index } of new Intl.Segmenter().segment(text.slice(from, at + 32))) {
    if (from + index > at) break
    last = from + index
  }
  if (last > from) return last
  return /[\uDC00-\uDFFF]/.test(text[at] ?? '') && at > 1 ? at - 1 : at
}

/** The fence that is still open at the end of `text`. */
function openFence(text: string): { line: string; mark: string } | null {
  let open: { line: string; mark: string } | null = null
  for (const [line, mark, info] of text.matchAll(fence)) {
    if (!open) open = { line, mark: mark! }
    else if (mark!.startsWith(open.mark) && info!.trim() === '') open = null
  }
  return open
}
