// A file that somebody sent, as something the model reads: a PDF as it is, text as text; else why not.
import type { Block } from '../../store/entry.ts'

export type Document = Extract<Block, { type: 'document' }>

export interface SentFile {
  readonly name: string
  readonly mime: string
  readonly bytes: Uint8Array
}

export type Reading =
  | { readonly kind: 'document'; readonly document: Document }
  /** Neither a PDF nor text: the file is only named. */
  | { readonly kind: 'other' }
  | { readonly kind: 'unreadable'; readonly why: string }

/** Bytes and pages of a PDF that are shown: it stays in the conversation, and is sent with each request. */
const maxPdfBytes = 4_500_000
const maxPages = 100
/** Characters of a text file. */
const maxText = 60_000

export function readDocument({ name, mime, bytes }: SentFile): Reading {
  const title = name.slice(0, 200)
  if (startsWith(bytes, '%PDF-')) return readPdf(title, bytes)
  if (mime === 'application/pdf')
    return { kind: 'unreadable', why: 'it is not a PDF, whatever its name says' }
  if (!isTextual(mime, name)) return { kind: 'other' }
  const text = textOf(bytes)
  if (text === null) return { kind: 'other' }
  if (text.trim() === '') return { kind: 'unreadable', why: 'it is empty' }
  if (text.length > maxText) return { kind: 'unreadable', why: `it has ${text.length} characters` }
  return {
    kind: 'document',
    document: { type: 'document', mime: 'text/plain', data: text, name: title, pages: 1 },
  }
}

function readPdf(name: string, bytes: Uint8Array): Reading {
  if (bytes.length > maxPdfBytes)
    return { kind: 'unreadable', why: `it has ${Math.ceil(bytes.length / 1e6)} MB` }
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const plain = source.toString('latin1')
  if (/\/Encrypt\s*(?:\d+\s+\d+\s+R|<<)/.test(plain))
    return { kind: 'unreadable', why: 'it is protected by a password' }
  const pages = pagesOf(plain)
  if (pages > maxPages) return { kind: 'unreadable', why: `it has some ${pages} pages` }
  const data = source.toString('base64')
  return { kind: 'document', document: { type: 'document', mime: 'application/pdf', data, name, pages } }
}

/** Bytes of one page where the pages themselves are packed away, at a guess. */
const packedPageBytes = 50_000

/** How many pages a PDF has: counted, or as its tree says, or guessed from its size. */
function pagesOf(plain: string): number {
  const single = plain.match(/\/Type\s*\/Page(?![a-zA-Z])/g)?.length ?? 0
  const counts = [...plain.matchAll(/\/Count\s+(\d{1,6})/g)].map(found => Number(found[1]))
  const counted = Math.max(single, ...counts, 0)
  return counted > 0 ? counted : Math.ceil(plain.length / packedPageBytes)
}

const textMimes =
  /^(?:text\/|application\/(?:json|xml|yaml|x-yaml|toml|javascript|x-sh|sql|x-ndjson)|.*\+(?:json|xml)$)/
const textNames =
  /\.(?:txt|md|markdown|csv|tsv|json|jsonl|ya?ml|toml|ini|conf|log|xml|html?|css|js|ts|py|sh|sql|ics|vcf|srt|tex|rst)$/i

const isTextual = (mime: string, name: string): boolean => textMimes.test(mime) || textNames.test(name)

/** Null for bytes that are no text. */
function textOf(bytes: Uint8Array): string | null {
  if (bytes.includes(0)) return null
  try {
    return new TextDecoder('utf-8', { fatal: true })
      .decode(bytes)
      .replace(/[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, '')
  } catch {
    return null
  }
}

const startsWith = (bytes: Uint8Array, text: string): boolean =>
  Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, text.length)).equals(
    Buffer.from(text),
  )
