// Service ids as text: a person is the lower-case uuid of their account.
import { hex } from './bytes.ts'

/** A uuid from 16 bytes. */
export const uuidOf = (raw: Uint8Array): string =>
  hex(raw).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

export const bytesOfUuid = (uuid: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.from(uuid.replaceAll('-', ''), 'hex'))

const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export const isUuid = (text: string): boolean => pattern.test(text)

export type ServiceIdText = { readonly kind: 'aci' | 'pni'; readonly uuid: string }

/** A service id that came as bytes (16 an account, 17 a number), as text, or not at all. */
export function parseServiceId(binary: Uint8Array, written = ''): ServiceIdText | undefined {
  if (binary.length === 16) return { kind: 'aci', uuid: uuidOf(binary) }
  if (binary.length === 17 && binary[0] === 1) return { kind: 'pni', uuid: uuidOf(binary.subarray(1)) }
  const lower = written.toLowerCase()
  const uuid = lower.replace(/^pni:/, '')
  if (!isUuid(uuid)) return undefined
  return { kind: uuid === lower ? 'aci' : 'pni', uuid }
}
