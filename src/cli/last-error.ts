// What last went wrong with a channel that works again, in words.

export const lastErrorText = ({ at, text }: { readonly at: number; readonly text: string }): string =>
  `last error ${new Date(at).toISOString().replace('T', ' ').slice(0, 16)} UTC: ${text}`
