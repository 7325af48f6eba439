// From a download to what the model reads.
import { Worker } from 'node:worker_threads'
import { CoopError } from '../errors.ts'
import type { WebPage } from '../tools/hands/outside.ts'
import type { Download } from './download.ts'
import type { Readable } from './markdown.ts'

const parseMs = 10_000

/** HTML as Markdown, anything else as it stands. Throws `input_invalid` for a page that cannot be read. */
export async function pageOf(found: Download, signal: AbortSignal): Promise<WebPage> {
  const url = found.url.href
  const source = decode(found)
  const note = found.cut ? '\n\n[the page is longer; the rest was not loaded]' : ''
  if (!/html/.test(found.type) && !/^\s*<(?:!doctype html|html)/i.test(source))
    return { url, title: '', text: source + note }
  const { title, text } = await readable(source, url, signal)
  return { url, title, text: text + note }
}

function decode(found: Download): string {
  const declared =
    found.charset ??
    /<meta[^>]+charset\s*=\s*["']?([\w-]+)/i.exec(found.bytes.subarray(0, 2_048).toString('latin1'))?.[1]
  try {
    return new TextDecoder(declared ?? 'utf-8').decode(found.bytes)
  } catch {
    return new TextDecoder().decode(found.bytes)
  }
}

/** Throws `input_invalid` for a page that takes too long or too much memory. */
function readable(html: string, url: string, signal: AbortSignal): Promise<Readable> {
  const file = import.meta.url.endsWith('.ts') ? './markdown-worker.ts' : './markdown-worker.js'
  const worker = new Worker(new URL(file, import.meta.url), {
    workerData: { html, url },
    resourceLimits: { maxOldGenerationSizeMb: 512, stackSizeMb: 4 },
    env: {},
    stdout: true,
    stderr: true,
  })
  const end = AbortSignal.any([signal, AbortSignal.timeout(parseMs)])
  return new Promise<Readable>((resolve, reject) => {
    const refuse = () =>
      reject(new CoopError('input_invalid', `The page at ${url} could not be turned into text.`))
    end.addEventListener('abort', refuse, { once: true })
    worker.once('message', resolve).once('error', refuse).once('exit', refuse)
  }).finally(() => worker.terminate())
}
