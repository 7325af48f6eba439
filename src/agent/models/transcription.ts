// Speech to text by an openai-compatible endpoint, when one is configured.
import type { Config } from '../../config/load.ts'

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
    const { default: OpenAI, toFile } = await import('openai')
    const client = new OpenAI({
      apiKey: (api_key && config.secret(api_key)) || 'none',
      maxRetries: 1,
      ...(base_url === undefined ? {} : { baseURL: base_url }),
    })
    const file = await toFile(bytes, name, { type: mime })
    const { text } = await client.audio.transcriptions.create({ file, model }, { signal })
    return text.trim()
  }
}
