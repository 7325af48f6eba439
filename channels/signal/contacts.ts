// The phone's contact list: who has which number, and what the owner calls them.
import { fromBinary } from '@bufbuild/protobuf'
import { fetchBlob } from './attachments.ts'
import type { Client } from './client.ts'
import { type AttachmentPointer, ContactDetailsSchema } from './generated/signal_pb.ts'
import { parseServiceId } from './ids.ts'
import { safeName } from './names.ts'
import { updatePerson } from './store/people.ts'

const mostBytes = 16 * 1024 * 1024

export async function receiveContacts(client: Client, pointer: AttachmentPointer): Promise<void> {
  const list = readContacts(await fetchBlob(client, pointer, mostBytes))
  client.db
    .transaction(() => {
      for (const { aci, number, name } of list) {
        updatePerson(client.db, aci, {
          ...(number ? { number } : {}),
          ...(name ? { contact_name: name } : {}),
        })
      }
    })
    .immediate()
  client.log.info({ contacts: list.length }, 'the contacts of the phone were read')
}

/** The entries of a contact list; each is preceded by its length. Stops at what is malformed. */
export function readContacts(list: Uint8Array): { aci: string; number: string; name: string }[] {
  const found: { aci: string; number: string; name: string }[] = []
  let at = 0
  while (at < list.length) {
    let length = 0
    let shift = 0
    let byte: number
    do {
      byte = list[at++] ?? 0
      length += (byte & 0x7f) * 2 ** shift
      shift += 7
    } while (byte >= 0x80 && shift < 35)
    if (length === 0 || at + length > list.length) break
    const contact = fromBinary(ContactDetailsSchema, list.subarray(at, at + length))
    at += length
    const id = parseServiceId(contact.aciBinary, contact.aci)
    if (id?.kind !== 'aci') continue
    found.push({
      aci: id.uuid,
      number: /^\+\d{5,20}$/.test(contact.number) ? contact.number : '',
      name: safeName(contact.name),
    })
  }
  return found
}
