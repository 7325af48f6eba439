// Path globs to regular expressions: *, **, ?, [...] and {a,b}.

/** The source of an expression for whole paths. It is the same in JavaScript and POSIX extended syntax. */
export function globSource(glob: string): string {
  let out = ''
  let braces = 0
  for (let i = 0; i < glob.length; i++) {
    const char = glob[i]!
    if (char === '*' && glob[i + 1] === '*') {
      i++
      if (glob[i + 1] === '/') {
        i++
        out += '(.*/)?'
      } else out += '.*'
    } else if (char === '*') out += '[^/]*'
    else if (char === '?') out += '[^/]'
    else if (char === '{' && glob.includes('}', i)) {
      braces++
      out += '('
    } else if (char === '}' && braces > 0) {
      braces--
      out += ')'
    } else if (char === ',' && braces > 0) out += '|'
    else if (char === '[') {
      const end = glob.indexOf(']', i + 2)
      const body = end < 0 ? '' : glob.slice(i + 1, end)
      if (!/^!?[A-Za-z0-9_. -]+$/.test(body)) out += '\\['
      else {
        out += `[${body.replace(/^!/, '^')}]`
        i = end
      }
    } else out += /[.+^$()|\\[\]{}*?]/.test(char) ? `\\${char}` : char
  }
  return out + ')'.repeat(braces)
}

/** The folder before the first wildcard, where a search can begin. */
export function globBase(glob: string): string {
  const parts = glob.split('/')
  const wild = parts.findIndex(part => /[*?[{]/.test(part))
  return parts.slice(0, wild < 0 ? -1 : wild).join('/')
}
