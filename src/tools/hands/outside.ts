// What lies outside of Coop: pages of the web, and tool servers.

export interface WebHand {
  /** A page as text; throws for what may not or cannot be fetched. Null where pages are not fetched. */
  readonly fetch: ((url: string, signal: AbortSignal) => Promise<WebPage>) | null
  /** Null without a configured provider. */
  readonly search:
    | ((query: string, count: number | undefined, signal: AbortSignal) => Promise<readonly WebResult[]>)
    | null
}

export interface WebPage {
  /** Where the redirects ended. */
  readonly url: string
  readonly title: string
  /** Markdown, or the text as it was sent. */
  readonly text: string
}

export interface WebResult {
  readonly title: string
  readonly url: string
  readonly text: string
}

/** What a tool server answered, or what was said in its place; `outside` when words of the server are among it. */
export interface ServerWords {
  readonly text: string
  readonly isError: boolean
  readonly outside: boolean
}

/** Tool servers as this turn's clearance opens them. A server that fails is an answer, never a throw. */
export interface McpHand {
  readonly servers: readonly { readonly name: string; readonly about?: string }[]
  search(query: string, server: string | undefined, signal: AbortSignal): Promise<ServerWords>
  describe(server: string | undefined, tool: string, signal: AbortSignal): Promise<ServerWords>
  /** Never repeated, whatever became of it. */
  call(
    server: string | undefined,
    tool: string,
    args: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<ServerWords>
}
