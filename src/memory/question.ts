// What a question asks for: its terms, who it names, when, and whether it wants a time or a number.
import { maxQueryChars, questionTerms, termOf, wordsOf } from './analyse.ts'
import { type NamedDate, namedDates, termsOfDate } from './dates.ts'
import type { Shelf } from './files.ts'
import { quoted } from './postings.ts'
import { tellerSpan, tellerTerm } from './teller.ts'

export interface Question {
  /** Content terms, each once, in order. */
  readonly terms: readonly string[]
  /** Index terms of the dates it names. */
  readonly dateTerms: readonly string[]
  readonly dates: readonly NamedDate[]
  readonly wantsTime: boolean
  readonly wantsNumber: boolean
}

const maxTerms = 64

/** Only the beginning of an endless text is read. */
export function questionOf(text: string): Question {
  const asked = text.slice(0, maxQueryChars)
  const dates = namedDates(asked).slice(0, 8)
  return {
    terms: questionTerms(asked).slice(0, maxTerms),
    dateTerms: [...new Set(dates.flatMap(termsOfDate))],
    dates,
    wantsTime:
      /\b(?:when|what (?:time|date|day|month|year)|which (?:day|month|year)|how (?:long|recently))\b/i.test(
        asked,
      ),
    wantsNumber: /\bhow (?:many|much|often|old|long|far)\b/i.test(asked),
  }
}

/** The terms with what this household's aliases stand for. */
export function withAliases(question: Question, shelves: readonly Shelf[]): Question {
  const spans = question.terms.flatMap((term, index) => {
    const next = question.terms[index + 1]
    return next === undefined ? [term] : [term, `${term} ${next}`]
  })
  const asked = JSON.stringify(spans)
  const meant = new Set<string>()
  for (const { sql, tables } of shelves) {
    const lookup = sql(`SELECT person FROM ${tables.alias} WHERE alias IN (SELECT value FROM json_each(?))`)
    for (const person of lookup.pluck().all(asked) as string[]) meant.add(person)
  }
  if (meant.size === 0) return question
  const added = [...meant].sort().flatMap(name => wordsOf(name).map(termOf))
  return { ...question, terms: [...new Set([...question.terms, ...added])].slice(0, maxTerms) }
}

/** The only person of these shelves that the question names, as one who spoke or is spoken of or quoted; null for none or several. */
export function personNamed(question: Question, shelves: readonly Shelf[]): string | null {
  const hits = new Map<string, Set<string>>()
  const asked = JSON.stringify(question.terms)
  for (const { sql, tables } of shelves) {
    // Few terms are a name: one question sorts the others out.
    const inNames = sql(
      `SELECT value FROM json_each(?) WHERE EXISTS (SELECT 1 FROM ${tables.name} WHERE term = value)`,
    )
    const lookup = sql(`SELECT name FROM ${tables.name} WHERE term = ? LIMIT 20`)
    for (const term of inNames.pluck().all(asked) as string[]) {
      for (const { name } of lookup.all(term) as { name: string }[]) {
        const terms = hits.get(name)
        if (terms) terms.add(term)
        else hits.set(name, new Set([term]))
      }
    }
  }
  const known = new Set([...hits.values()].flatMap(terms => [...terms]))
  const unknown = question.terms.filter(term => !known.has(term))
  for (const term of tellersAmong(unknown, shelves)) hits.set(term, new Set([term]))
  const named = [...hits].filter(
    ([, terms]) => ![...hits.values()].some(other => other !== terms && covers(other, terms)),
  )
  return named.length === 1 ? named[0]![0] : null
}

/** Whether `more` has all of `terms` and others besides: "Bob Bee" leaves "Bob" out of account. */
const covers = (more: ReadonlySet<string>, terms: ReadonlySet<string>): boolean =>
  more.size > terms.size && [...terms].every(term => more.has(term))

/** Which of these terms stand before the colon of more than one turn: a name, not the heading of a note. */
function tellersAmong(terms: readonly string[], shelves: readonly Shelf[]): string[] {
  const told = shelves.filter(({ sql, tables }) =>
    sql(`SELECT 1 FROM ${tables.voc} WHERE term >= ? AND term < ? LIMIT 1`).get(...tellerSpan),
  )
  return terms.filter(term => {
    let turns = 0
    for (const { sql, tables } of told) {
      const query = `SELECT 1 FROM ${tables.fts} WHERE ${tables.fts} MATCH ? LIMIT 2`
      turns += sql(query).all(`meta : ${quoted(tellerTerm(term))}`).length
      if (turns > 1) return true
    }
    return false
  })
}
