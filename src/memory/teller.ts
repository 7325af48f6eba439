// Whose words a turn gives where one account writes for several: "Carol: I passed!". For the order of results alone.
import { termsOf } from './analyse.ts'

/**
 * Anybody can write a name before a colon: it says nothing of who wrote the turn, and neither trust nor what is shown
 * reads it. Marked, so that no word and no name is taken for it.
 */
const mark = 'x0'
const time = '(?:\\[[^\\]\\n]{4,40}\\]\\s*|\\d[\\d./: ,apmAPM-]{3,30}\\s-\\s)?'
const line = new RegExp(
  `^\\s*${time}[*_]{0,2}(\\p{Lu}[\\p{L}'’.-]{1,30}(?: \\p{Lu}[\\p{L}'’.-]{0,30}){0,2})[*_]{0,2}\\s?:[*_]{0,2}\\s`,
  'u',
)

/** The index terms for the name before the colon that a turn begins with. */
export function tellerTerms(body: string): string[] {
  const name = line.exec(body.slice(0, 200))?.[1]
  return name === undefined ? [] : [...new Set(termsOf(name))].map(tellerTerm)
}

/** The name before the colon, as index terms; null where there is none. */
export function tellerIn(meta: string): readonly string[] | null {
  if (!meta.includes(mark)) return null
  const found = meta.split(' ').flatMap(term => (term.startsWith(mark) ? [term.slice(mark.length)] : []))
  return found.length === 0 ? null : found
}

/** All such terms lie from the first of these on, before the second. */
export const tellerSpan: readonly [string, string] = [mark, `${mark}\u{10ffff}`]

/** What a row is found by whose turn begins with this name. */
export const tellerTerm = (term: string): string => mark + term
