// What makes one call like another, for a yes that holds some minutes: narrow, and sayable in a sentence.

export interface Likeness {
  /** Equal for calls that are alike. */
  readonly alike: string
  /** Which calls those are: ends the sentence “This also allows …”. */
  readonly words: string
}

/** The likeness of a call; two calls of one tool are alike when these are equal. */
export function likenessOf(tool: string, input: unknown): Likeness {
  const { command, url, path, action } = (input ?? {}) as Readonly<Record<string, unknown>>
  if (tool === 'bash' && typeof command === 'string') {
    const start = plainStart(command)
    if (start !== null)
      return { alike: `starts ${start}`, words: `plain commands that begin with “${start}”` }
  } else if (tool === 'web_fetch' && typeof url === 'string' && URL.canParse(url)) {
    const { origin } = new URL(url)
    return { alike: `from ${origin}`, words: `pages of ${origin}` }
  } else if (tool === 'web_search') return { alike: 'any', words: 'web searches' }
  else if ((tool === 'write_file' || tool === 'edit_file') && typeof path === 'string') {
    return { alike: `at ${path}`, words: `${tool} of ${path}` }
  } else if (tool === 'schedule' && typeof action === 'string') {
    return { alike: `action ${action}`, words: `${tool} to ${action}` }
  }
  return { alike: `exactly ${JSON.stringify(input)}`, words: 'exactly this call again' }
}

/**
 * The beginning of a command that does one thing: its program, options and first argument. Null where the shell
 * would make more of it than it says: then only the very same command is alike.
 */
function plainStart(command: string): string | null {
  if (!/^[\w./:@%+,= -]+$/.test(command)) return null
  const words = command.split(' ').filter(Boolean)
  const first = words.findIndex((word, index) => index > 0 && !word.startsWith('-'))
  if (words.length === 0 || words[0]!.includes('=')) return null
  return words.slice(0, first < 0 ? words.length : first + 1).join(' ')
}
