// Runs a chat command: as a message brought it, answered in its place, or as a client asked for it, answered to that client.
import type { Clearance } from '../../access/clearance.ts'
import type { Person } from '../../access/household.ts'
import { atLeast } from '../../access/levels.ts'
import { seal, sealPlain } from '../../delivery/seal.ts'
import type { CommandInfo, Results } from '../../protocol/messages.ts'
import type { Session } from '../../store/sessions.ts'
import { newTrace } from '../../trace/trace.ts'
import type { Task } from '../conversation/task.ts'
import type { Gatekeeper } from '../doors/gatekeeper.ts'
import type { PostOffice } from '../doors/post-office.ts'
import type { ReceiveOptions } from '../receive.ts'
import type { ChatCommand } from './command.ts'

export interface CommandRunOptions {
  readonly table: ReadonlyMap<string, ChatCommand>
  readonly gatekeeper: Gatekeeper
  readonly office: PostOffice
  readonly enqueue: (session: string, task: Task) => void
  readonly now: () => number
}

export interface CommandRuns {
  readonly fromMessage: ReceiveOptions['runCommand']
  /** Null when there is no such command at this level. */
  fromClient(
    person: Person,
    clearance: Clearance,
    session: Session,
    text: string,
  ): Promise<Results['command/run'] | null>
  /** The commands that a clearance opens. */
  openTo(clearance: Clearance): CommandInfo[]
}

export function openCommandRuns({ table, office, now, ...options }: CommandRunOptions): CommandRuns {
  return {
    async fromMessage(row, { speaker, clearance }, session, { name, args }) {
      const person = speaker.kind === 'person' ? speaker.person : null
      const result = await table.get(name)!.run({
        clearance,
        speaker,
        person,
        session,
        row,
        trace: row.trace,
        args,
      })
      if (result.kind === 'again') {
        const inbound = result.inbound ?? row.inbound
        const cleared = await options.gatekeeper.clear(inbound)
        return options.enqueue(session.id, {
          kind: 'message',
          row: { ...row, inbound },
          cleared,
          session,
          clearedAt: now(),
        })
      }
      office.answer(
        row,
        result.secret ? seal(result.text, clearance) : sealPlain(result.text, clearance),
        clearance,
        session,
        result.choices ? { choices: result.choices } : {},
      )
    },
    async fromClient(person, clearance, session, text) {
      const found = /^\/?([a-z]+)(?:\s+([\s\S]*))?$/i.exec(text.trim())
      const command = found && table.get(found[1]!.toLowerCase())
      if (!found || !command || !atLeast(clearance.acts, command.level)) return null
      const result = await command.run({
        clearance,
        speaker: { kind: 'person', person },
        person,
        session,
        row: null,
        trace: newTrace(),
        args: found[2]?.trim() ?? '',
      })
      if (result.kind === 'again') return { text: `Send it again, please: ${result.text}` }
      return { text: result.text, ...(result.fault ? { fault: result.fault } : {}) }
    },
    openTo: clearance =>
      [...table.values()]
        .filter(command => atLeast(clearance.acts, command.level))
        .map(({ name, usage, summary }) => ({ name, usage, summary })),
  }
}
