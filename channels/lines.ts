// Text as it is being written: blocks apart from one another, and what belongs together behind the same prefix.

export interface Lines {
  /** UTF-16 units so far. */
  readonly length: number
  write(more: string): void
  /** What `inner` writes, each further line behind `prefix`. */
  behind(prefix: string, inner: () => void): void
  /** What `inner` writes stands at the beginning of its lines. */
  bare(inner: () => void): void
  /** Begins a new block, `lines` line ends below the one before. */
  gap(lines: number): void
  /** What `inner` writes: where it begins, and its length without the space at its end. */
  span(inner: () => void): { readonly offset: number; readonly length: number }
  /** Where each further line stands. */
  readonly prefix: string
  end(): string
}

export function openLines(): Lines {
  let text = ''
  let prefix = ''
  const write = (more: string) => {
    if (prefix !== '' && (text === '' || text.endsWith('\n'))) text += prefix
    text += prefix === '' ? more : more.replaceAll('\n', `\n${prefix}`)
  }
  const within = (next: string, inner: () => void) => {
    const before = prefix
    prefix = next
    inner()
    prefix = before
  }
  return {
    get length() {
      return text.length
    },
    get prefix() {
      return prefix
    },
    write,
    behind: (more, inner) => within(prefix + more, inner),
    bare: inner => within('', inner),
    gap(lines) {
      // A line that holds nothing yet but what it stands behind is a beginning already.
      if (text === '' || (prefix !== '' && text.slice(text.lastIndexOf('\n') + 1) === prefix)) return
      const have = /\n*$/.exec(text)![0].length
      text += '\n'.repeat(Math.max(0, lines - have))
    },
    span(inner) {
      write('')
      const offset = text.length
      inner()
      return { offset, length: text.slice(offset).trimEnd().length }
    },
    end: () => text.trimEnd(),
  }
}
