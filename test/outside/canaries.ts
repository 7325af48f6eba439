// Words that only some may read: who may is decided when a word is made, and looked up whenever it is seen.

export interface Canaries {
  /** A new word for whoever opens all of `needs`. */
  make(needs: Iterable<string>): string
  /** Whoever opens all of `needs` may read the word, too: it was said again there. */
  also(word: string, needs: Iterable<string>): void
  /** The words of a text that a reader who opens `open` may not see. */
  forbidden(text: string, open: ReadonlySet<string>): string[]
  needs(word: string): string
}

export const wordsIn = (text: string): string[] => [...new Set(text.match(/zq\d+q/g) ?? [])]

export function openCanaries(): Canaries {
  const words = new Map<string, Set<string>[]>()
  return {
    make(needs) {
      const word = `zq${words.size + 1}q`
      words.set(word, [new Set(needs)])
      return word
    },
    also: (word, needs) => void words.get(word)?.push(new Set(needs)),
    forbidden: (text, open) =>
      wordsIn(text).filter(word => words.get(word)?.some(needs => needs.isSubsetOf(open)) === false),
    needs: word => (words.get(word) ?? []).map(one => `{${[...one].join(' ')}}`).join(' or '),
  }
}
