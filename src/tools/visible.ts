// A text as a person has to see it before a yes: what the eye would miss is written out.

/** Control and format characters, those of plain lines aside: they hide words or turn them around. */
const unseen = /[^\P{C}\n\t]/gu

export const visible = (text: string): string =>
  text.replace(unseen, character => `\\u{${character.codePointAt(0)!.toString(16)}}`)
