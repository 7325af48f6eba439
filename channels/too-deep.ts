// Markdown nested deeper than a parser's stack goes: nobody reads that as anything but the text it is.

/** What `parse` returns; undefined when what it parses is nested too deep. */
export function unlessTooDeep<T>(parse: () => T): T | undefined {
  try {
    return parse()
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
