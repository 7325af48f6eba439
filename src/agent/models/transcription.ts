// Speech to text by an openai-compatible endpoint, when one is configured.
import type { Config } from '../../config/load.ts'
import { openaiUrl } from './openai-compatible.ts'

export type Transcribe = (
  file: { readonly name: string; readonly mime: string; readonly bytes: Uint8Array },
  signal: AbortSignal,
) => Promise<string>

/** The transcriber that `config` names; null when it names none. Its calls throw what the endpoint said. */
export function transcriber(config: Config): Transcribe | null {
  const { transcription } = config.settings
  if (!transcription) return null
  const { model, base_url, api_key } = transcription
  return async ({ name, mime, bytes }, signal) => {
    const form = new FormData()
    form.set('model', model)
    form.set('file', new File([new Uint8Array(bytes)], name, { type: mime }))
    const key = api_key && config.secret(api_key)
    const response = await fetch(`${(base_url ?? openaiUrl).replace(/\/+$/, '')}/audio/transcriptions`, {
      method: 'POST',
      headers: key ? { authorization: `Bearer ${key}` } : {},
      body: form,
      signal,
    })
    if (!response.ok) throw new Error(`the transcription service said ${response.status}`)
    const { text } = (await response.json()) as { text: string }
    return text.trim()
  }
}
