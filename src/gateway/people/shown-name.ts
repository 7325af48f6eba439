// A name that others chose, without what could mislead a reader: control and direction characters, line ends, quotation marks.

export const shownName = (name: string): string =>
  name
    .replace(/[\p{C}\p{Zl}\p{Zp}“”"]/gu, '')
    .trim()
    .slice(0, 60) || 'Somebody'
