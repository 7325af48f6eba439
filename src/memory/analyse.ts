// Text to index terms: the same for what is stored and for what is asked.
import { stemmer } from 'stemmer'
import { irregular } from './irregular.ts'
import { stopwords } from './stopwords.ts'

/** The most characters of a question that are looked at. */
export const maxQueryChars = 4_000
const maxTermChars = 64
const unspaced = '\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Hangul}\\p{sc=Thai}'
const runs = new RegExp(`([${unspaced}]+)|(?:(?![${unspaced}])[\\p{L}\\p{N}\\p{M}])+`, 'gu')

/** The words of a text, lower case, without accents and English clitics; scripts without spaces as letters and pairs of letters. */
export function wordsOf(text: string): string[] {
  const plain = text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/[\u2018\u2019]/g, "'")
    .replace(/n't\b/g, ' not')
    .replace(/'(?:s|m|re|ve|ll|d)\b/g, '')
  const words: string[] = []
  for (const [run, letters] of plain.matchAll(runs)) {
    if (letters === undefined) words.push(run.slice(0, maxTermChars))
    else words.push(...pairs(letters.normalize('NFC')))
  }
  return words
}

/** One word as it is indexed. */
export const termOf = (word: string): string => stemmer(irregular.get(word) ?? word)

/** The index terms of a text in order, stop words out; all of its words if it has no others. */
export function termsOf(text: string): string[] {
  const words = wordsOf(text)
  const content = words.filter(word => !stopwords.has(word))
  return (content.length > 0 ? content : words).map(termOf)
}

/** The terms of a question, each once, in order. */
export const questionTerms = (text: string): string[] => [...new Set(termsOf(text.slice(0, maxQueryChars)))]

/** What a text says whatever its order, case and grammar: equal for trivial rewordings. */
export const gist = (text: string): string => [...new Set(termsOf(text))].sort().join(' ')

/** The share of sentences that are questions, 0 to 1. */
export function questionShare(text: string): number {
  // Whole runs of signs first: looked for with what follows them, a page of dots would take minutes.
  const ends = [...text.matchAll(/[.!?\u3002\uff01\uff1f]+/g)].filter(({ 0: end, index }) =>
    /^(\s|$)/.test(text.slice(index + end.length, index + end.length + 1)),
  )
  const asked = ends.filter(([end]) => /[?\uff1f]/.test(end)).length
  const tail = text.trimEnd().slice(-40)
  const sentences = ends.length + (/[.!?\u3002\uff01\uff1f]["')\]]*$/.test(tail) ? 0 : 1)
  return asked / Math.max(sentences, 1)
}

function pairs(run: string): string[] {
  const letters = [...run]
  return letters.flatMap((letter, index) => (index === 0 ? [letter] : [letters[index - 1]! + letter, letter]))
}
