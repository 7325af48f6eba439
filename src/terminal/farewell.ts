// The words by which people leave a chat, in this program and in others.

/** Whether a line says nothing but that its writer leaves. */
export const isFarewell = (line: string): boolean => /^(\/(exit|quit|q|bye)|exit|quit|:q)$/i.test(line.trim())
