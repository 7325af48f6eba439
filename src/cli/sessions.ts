// coop sessions: the conversations of one person.
import { parseArgs } from 'node:util'
import { type Command, exit } from './command.ts'
import { connectTo } from './connect.ts'
import { findHome } from './find-home.ts'

export const sessions: Command = {
  name: 'sessions',
  usage: ['sessions [--user NAME] [--json]'],
  summary: 'list conversations',
  async run(args, cli) {
    const { values } = parseArgs({
      args: [...args],
      options: { json: { type: 'boolean' }, user: { type: 'string' } },
    })
    const { client } = await connectTo(findHome(cli), { client: 'coop sessions', user: values.user })
    using _ = client
    let cursor: string | undefined
    do {
      const page = await client.call('session/list', cursor === undefined ? {} : { cursor })
      for (const session of page.sessions) {
        const at = new Date(session.updatedAt).toISOString()
        cli.stdout.write(
          values.json
            ? `${JSON.stringify(session)}\n`
            : `${session.id}  ${at.slice(0, 16).replace('T', ' ')}  ${session.title}\n`,
        )
      }
      cursor = page.next
    } while (cursor !== undefined)
    return exit.done
  },
}
