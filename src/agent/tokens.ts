// How many tokens text will be, near enough to budget with: no tokenizer is public for every model.

/** Characters of English prose, JSON and Markdown that make one token, measured low so that the estimate is high. */
const charactersPerToken = 3.5

/** Estimated tokens of a text. Scripts without spaces count nearer one a character. */
export function countTokens(text: string): number {
  let wide = 0
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x2e7f) wide++
  return Math.ceil((text.length - wide) / charactersPerToken + wide)
}
