// Loads one file by its address, up to a size.

export interface DownloadLimits {
  readonly name: string
  readonly maxBytes: number
  readonly signal: AbortSignal
}

/** The bytes behind `url`. Throws a sentence without the address, which may hold a secret. */
export async function readBounded(
  url: string,
  { name, maxBytes, signal }: DownloadLimits,
): Promise<Uint8Array> {
  let response: Response
  try {
    response = await fetch(url, { signal })
  } catch {
    throw new Error(`${name} could not be loaded`)
  }
  if (!response.ok || !response.body) throw new Error(`${name} could not be loaded (${response.status})`)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body) {
    size += chunk.byteLength
    if (size > maxBytes) throw new Error(`${name} is larger than ${Math.floor(maxBytes / 1_000_000)} MB`)
    chunks.push(chunk)
  }
  return new Uint8Array(Buffer.concat(chunks))
}
