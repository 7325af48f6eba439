// Text that somebody else wrote, made safe to print: it can't move the cursor or rename the window.

/** Drops every control character but tab and newline. */
export const clean = (text: string): string => text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '')

/** The same on one line, at most `most` characters of it. */
export function oneLine(text: string, most: number): string {
  const line = clean(text.replace(/\s+/g, ' ')).trim()
  return line.length > most ? `${line.slice(0, most - 1)}…` : line
}
