// docs/protocol.md, written from the schemas of the methods.
import { z } from 'zod'
import { maxFrameBytes, protocolVersion } from './framing.ts'
import { methods, rpcErrors } from './messages.ts'

/** What each method is for; a method that is not named here does not compile. */
const purposes: Record<keyof typeof methods, string> = {
  initialize: 'Says who connects and which version is spoken. Must come first.',
  'session/list': 'The sessions that the principal may see, newest first, page by page.',
  'session/attach': 'Replays what came after `after`, then follows: each event arrives as a notification.',
  'session/send': 'Writes in a session. Answered once the message is stored.',
  'session/stop': 'Stops the running turn.',
  'session/history': 'A page of stored events before `before`, oldest first.',
  'session/rename': 'Gives a session a title.',
  'session/delete': 'Deletes a session with everything said in it.',
  'approval/list': 'What waits for the principal’s yes or no.',
  'approval/answer': 'Answers one of them.',
  'command/run': 'Runs a chat command, like `/status`, and returns its answer.',
  'command/list': 'The chat commands, models and people that may be named there, for completion.',
  'session/state': 'What a status line shows: model, context, cost, channels.',
  status: 'How the gateway is. For full trust.',
  'gateway/stop': 'Ends the gateway after its turns. For full trust.',
}

/** The whole page. */
export function protocolPage(): string {
  const sections = Object.entries(methods).map(([name, schema]) => {
    const purpose = purposes[name as keyof typeof methods]
    return `### ${name}\n\n${purpose}\n${tableOf(z.toJSONSchema(schema, { io: 'input' }) as ObjectSchema)}`
  })
  const errors = Object.entries(rpcErrors).map(([name, code]) => `| ${code} | ${name} |`)
  return `${intro}\n## Methods\n\n${sections.join('\n')}\n## Errors\n\n| code | meaning |\n|---|---|\n${errors.join('\n')}\n\n\`fault\` carries a code of [errors.md](errors.md) in \`data.fault\`.\n`
}

const intro = `# The client protocol

<!-- Written from src/protocol/messages.ts by \`npm run docs\`; a test holds it to that. -->

JSON-RPC 2.0, one JSON object a line, over the Unix socket \`run/coop.sock\` of the home. Version ${protocolVersion}. A frame is at most ${maxFrameBytes.toLocaleString('en')} bytes. Whoever owns the operating-system account may connect; \`initialize\` makes a principal of them, and every later call is cleared anew. Before it, and for an unknown method, a wrong version or a frame too large, the answer is a typed error.

The server sends one notification, \`event\`, with \`{session, seq, event}\`. \`seq\` orders a session's stored events; a streamed one carries the last stored. The kinds of \`event\`: \`turn_started\`, \`user\`, \`text\` and \`thinking\` (streamed), \`tool\` (\`planned\`, \`running\`, \`waiting\`, \`done\`), \`message\`, \`turn_ended\` (with reason and usage), \`notice\`. \`session/send\` is idempotent by its \`id\`.
`

interface ObjectSchema {
  readonly properties?: Readonly<
    Record<
      string,
      { readonly type?: string; readonly description?: string; readonly enum?: readonly string[] }
    >
  >
  readonly required?: readonly string[]
}

function tableOf({ properties = {}, required = [] }: ObjectSchema): string {
  const rows = Object.entries(properties).map(
    ([name, { type, description = '', enum: values }]) =>
      `| \`${name}\` | ${values ? values.join(', ') : type} | ${required.includes(name) ? 'yes' : ''} | ${description} |`,
  )
  return rows.length === 0
    ? '\nNo parameters.\n'
    : `\n| parameter | type | required | what it is |\n|---|---|---|---|\n${rows.join('\n')}\n`
}
