// What a tool server lists and answers, brought into a shape of ours: plain names, bounded numbers, text.
import type { Client } from '@modelcontextprotocol/client'

/** A tool as its server describes it: not one word of it is to be believed. */
export interface ServerTool {
  readonly name: string
  readonly description: string
  readonly schema: unknown
}

export const listMs = 20_000
const maxPages = 20
const maxTools = 1_000

/** Its tools by name, however many pages it has: of those no more than are of use. */
export async function listOf(client: Client): Promise<readonly ServerTool[]> {
  if (!client.getServerCapabilities()?.tools) return []
  const tools = new Map<string, ServerTool>()
  let cursor: string | undefined
  for (let page = 0; page < maxPages && tools.size < maxTools; page++) {
    const found = await client.request(
      { method: 'tools/list', params: cursor === undefined ? {} : { cursor } },
      { timeout: listMs, maxTotalTimeout: listMs },
    )
    for (const { name, description = '', inputSchema } of found.tools) {
      // A name that is no plain word could pass for something else where it is shown.
      if (!/^[\w./-]{1,128}$/.test(name) || tools.has(name) || tools.size >= maxTools) continue
      tools.set(name, { name, description, schema: inputSchema })
    }
    cursor = found.nextCursor
    if (cursor === undefined) break
  }
  return [...tools.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

type Result = Awaited<ReturnType<Client['callTool']>>

/** The text of an answer; what is no text is named. */
export function textOf(result: Result): string {
  const parts = (result.content ?? []).map(block => {
    if (block.type === 'text') return block.text
    if (block.type === 'image' || block.type === 'audio')
      return `[${block.type} ${block.mimeType}, ${Math.ceil((block.data.length * 3) / 4 / 1024)} kB, not shown]`
    if (block.type === 'resource_link') return `[link ${block.name}: ${block.uri}]`
    return 'text' in block.resource
      ? `${block.resource.uri}\n${block.resource.text}`
      : `[file ${block.resource.uri}]`
  })
  if (parts.length === 0 && result.structuredContent !== undefined)
    return JSON.stringify(result.structuredContent)
  return parts.join('\n\n')
}
