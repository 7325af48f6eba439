// Cuts Markdown that still grows: what is finished is drawn once, only its last block again and again.

/** The length of the part of `text` that nothing written after it can change; 0 if there is none. */
export function finishedLength(text: string): number {
  let finished = 0
  let at = 0
  let fence: string | null = null
  let blank = false
  for (const line of text.split('\n')) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1]
    if (fence === null) {
      if (blank && at > 0 && beginsBlock(line)) finished = at
      if (mark) fence = mark
    } else if (mark && mark[0] === fence[0] && mark.length >= fence.length && line.trim() === mark) {
      fence = null
    }
    blank = fence === null && line.trim() === ''
    at += line.length + 1
  }
  return finished
}

/** Whether a line after a blank one begins something new, rather than going on with a list. */
const beginsBlock = (line: string): boolean => /^[^\s]/.test(line) && !/^([-*+]|\d{1,9}[.)])(\s|$)/.test(line)

/** Whether a table has begun in `text`: it has a row of dashes between bars. */
export const holdsTable = (text: string): boolean => /^ {0,3}\|?[ \t]*:?-+:?[ \t]*\|[ \t:|-]*$/m.test(text)
