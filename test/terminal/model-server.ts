// A model for a chat in a terminal: what it says to the newest words, and how fast, is decided by the test.
import { newest, openFakeAnthropic, resultsIn, say, use } from '../support/fake-anthropic.ts'

export type Said =
  | string
  /** Words with a pause after each. */
  | { readonly words: readonly string[]; readonly pauseMs: number }
  | { readonly tool: string; readonly input: unknown }

export interface ModelServer extends AsyncDisposable {
  readonly url: string
  /** The last user text of each request. */
  readonly heard: string[]
}

/** `answer` is given the newest user text, or null after a tool's result. */
export async function openModelServer(answer: (text: string | null) => Said): Promise<ModelServer> {
  const heard: string[] = []
  const fake = await openFakeAnthropic()
  fake.otherwise = ({ body }) => {
    const text = resultsIn(body).length > 0 ? null : newest(body)
    if (text !== null) heard.push(text)
    const said = answer(text)
    if (typeof said === 'string') return say(said)
    if ('tool' in said) return use(said.tool, said.input)
    return say(said.words.join(''), { paceMs: said.pauseMs })
  }
  return { url: fake.url, heard, [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose]() }
}
