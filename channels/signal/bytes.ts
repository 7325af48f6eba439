// Bytes as the protocol library takes them, and their text forms.

export type Bytes = Uint8Array<ArrayBuffer>

/** The same bytes in a buffer of their own: what SQLite, protobuf or the network gave may be a view of theirs. */
export const bytes = (source: Uint8Array | ArrayLike<number>): Bytes => new Uint8Array(source)

export const concat = (...parts: readonly Uint8Array[]): Bytes => bytes(Buffer.concat(parts))
export const text = (source: Uint8Array): string => Buffer.from(source).toString('utf8')
export const hex = (source: Uint8Array): string => Buffer.from(source).toString('hex')
export const fromHex = (source: string): Bytes => bytes(Buffer.from(source, 'hex'))
export const base64 = (source: Uint8Array): string => Buffer.from(source).toString('base64')
export const fromBase64 = (source: string): Bytes => bytes(Buffer.from(source, 'base64'))
