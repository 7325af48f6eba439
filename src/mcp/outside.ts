// Words of a tool server, made safe to show: no control or invisible characters, no end in sight without a cut, always quoted.

/** Terminal codes, marks that turn text around, and letters that nobody sees: they hide what a text says. */
const hidden = /[\0-\x08\x0b-\x1f\x7f-\x9f\ufff9-\ufffb]|\p{Default_Ignorable_Code_Point}|\p{Bidi_Control}/gu

/** Text without what cannot be seen; lines may end in any way. */
export const visible = (text: string): string =>
  text
    .replace(/\r\n?|[\u2028\u2029\u0085]/g, '\n')
    .replace(/\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?)/g, '')
    .replace(hidden, '')
    .toWellFormed()

/** On one line, of at most `most` characters. */
export function inLine(text: string, most = 300): string {
  const line = visible(text).replace(/\s+/g, ' ').trim()
  return line.length > most ? `${line.slice(0, most)}…`.toWellFormed() : line
}

/** The same in quotation marks. */
export const inQuotes = (text: string, most: number): string => JSON.stringify(inLine(text, most))

/** Each line marked as somebody else's; the middle goes when it is too long. */
export function asQuote(text: string, head: number, tail: number): string {
  const clean = visible(text).trimEnd()
  const short =
    clean.length <= head + tail
      ? clean
      : `${clean.slice(0, head)}\n[… ${clean.length - head - tail} characters left out …]\n${clean.slice(-tail)}`
  return short
    .toWellFormed()
    .split('\n')
    .map(line => `> ${line}`)
    .join('\n')
}
