// /subagents: which helpers are at work for you, and stopping one.
import { messageOf } from '../../errors.ts'
import type { SubagentHand } from '../../tools/hands/work.ts'
import { type ChatCommand, type ChatContext, say, saySecret } from './command.ts'

export interface SubagentCommandOptions {
  readonly subagentHand: (context: ChatContext) => SubagentHand | null
}

export function subagentCommands(options: SubagentCommandOptions): ChatCommand[] {
  return [
    {
      name: 'subagents',
      usage: '/subagents [stop ID]',
      summary: 'the helpers at work for you; stop one',
      level: 'inner',
      run(context) {
        const hand = options.subagentHand(context)
        if (!hand) return say('There are no subagents here.')
        const [verb = 'list', id] = context.args.split(/\s+/).filter(Boolean)
        try {
          if (verb === 'list') return saySecret(hand.list())
          if (verb === 'stop' && id) return saySecret(hand.stop(id))
          return say('subagents takes nothing, or stop ID.')
        } catch (error) {
          return say(messageOf(error))
        }
      },
    },
  ]
}
