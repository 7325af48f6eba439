// Markdown changed where it is no code: what stands in code is meant as it is.

/** A fenced block to its end or the text's, or code within a line. */
const code =
  /(^[ \t>]*(?:```|~~~)[\s\S]*?(?:^[ \t>]*(?:```|~~~)[ \t]*$|$(?![\s\S]))|(?<!`)(`+)(?!`)[^\n]*?[^`]\2(?!`))/m

export function outsideCode(markdown: string, change: (text: string) => string): string {
  let done = ''
  for (let rest = markdown; ; ) {
    const found = code.exec(rest)
    if (!found) return done + change(rest)
    done += change(rest.slice(0, found.index)) + found[0]
    rest = rest.slice(found.index + found[0].length)
  }
}
