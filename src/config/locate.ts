// Finds the line of a key in TOML text, for error messages.

/** The 1-based line where `path` stands, or of its nearest ancestor; undefined if there is none. */
export function lineOf(text: string, path: readonly PropertyKey[]): number | undefined {
  const counts = new Map<string, number>()
  let prefix: string[] = []
  let best: { line: number; depth: number } | undefined
  const wanted = path.map(String)
  const consider = (found: readonly string[], line: number) => {
    // A table that is only named on the way to one inside it stands where that one does.
    const depth = Math.min(found.length, wanted.length)
    if (!found.slice(0, depth).every((part, index) => part === wanted[index])) return
    if (!best || depth > best.depth) best = { line, depth }
  }
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    const array = /^\[\[\s*(.+?)\s*\]\]/.exec(line)
    const header = array ?? /^\[\s*([^[\]]+?)\s*\]/.exec(line)
    if (header) {
      prefix = indexed(splitKey(header[1]!), counts, array !== null)
      consider(prefix, index + 1)
      continue
    }
    const pair =
      /^((?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+))*)\s*=/.exec(line)
    if (pair) consider([...prefix, ...splitKey(pair[1]!)], index + 1)
  }
  return best?.line
}

/** Inserts the running index of each array of tables on the way. */
function indexed(parts: readonly string[], counts: Map<string, number>, isArray: boolean): string[] {
  const out: string[] = []
  for (const [depth, part] of parts.entries()) {
    out.push(part)
    const name = out.join('\0')
    const last = depth === parts.length - 1
    if (last && isArray) counts.set(name, (counts.get(name) ?? -1) + 1)
    const count = counts.get(name)
    if (count !== undefined) out.push(String(count))
  }
  return out
}

const splitKey = (key: string): string[] =>
  [...key.matchAll(/"([^"]*)"|'([^']*)'|([A-Za-z0-9_-]+)/g)].map(found => found[1] ?? found[2] ?? found[3]!)
