// Answers that are nothing, and the file that asks for nothing.

/** The answer of a job that has nothing to say. */
export const nothingToSay = 'HEARTBEAT_OK'

export const namesHeartbeat = (text: string): boolean => /\bHEARTBEAT\.md\b/.test(text)

/** Whether a HEARTBEAT.md holds nothing but blank lines, headings and empty boxes. */
export const isIdle = (text: string): boolean =>
  text.split('\n').every(line => /^\s*(#.*|([-*+]\s*)?(\[\s?\])?\s*)$/.test(line))
