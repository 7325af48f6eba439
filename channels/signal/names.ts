// Names that others chose, made safe to show: no line breaks, no invisible or direction-changing characters.

const longest = 60

/** The name on one line; empty when nothing visible is left. */
export function safeName(name: string): string {
  const visible = name
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ')
    // Cf holds the bidirectional controls and zero-width marks; the joiner inside emoji is worth keeping.
    .replace(/(?!\u200d)[\p{Cf}\p{Co}\p{Cs}\p{Cn}]/gu, '')
    .replace(/\s+/g, ' ')
    .trim()
  const short = [...new Intl.Segmenter().segment(visible)].slice(0, longest).map(part => part.segment)
  return short
    .join('')
    .replace(/^\u200d+|\u200d+$/g, '')
    .slice(0, 4 * longest)
}
