// The chat commands, by name.
import { type AboutOptions, aboutCommands } from './about-commands.ts'
import type { ChatCommand } from './command.ts'
import { type ConfigCommandOptions, configCommands } from './config-commands.ts'
import { type MemoryCommandOptions, memoryCommands } from './memory-commands.ts'
import { type PeopleCommandOptions, peopleCommands } from './people-commands.ts'
import { type ScheduleCommandOptions, scheduleCommands } from './schedule-commands.ts'
import { type SessionCommandOptions, sessionCommands } from './session-commands.ts'
import { type SubagentCommandOptions, subagentCommands } from './subagent-commands.ts'

/** Each group of commands says what it needs. */
export interface CommandOptions
  extends SessionCommandOptions,
    Omit<AboutOptions, 'all'>,
    PeopleCommandOptions,
    MemoryCommandOptions,
    ConfigCommandOptions,
    SubagentCommandOptions,
    ScheduleCommandOptions {}

export function commandTable(options: CommandOptions): ReadonlyMap<string, ChatCommand> {
  const all: readonly ChatCommand[] = [
    ...sessionCommands(options),
    ...aboutCommands({ ...options, all: () => all }),
    ...peopleCommands(options),
    ...memoryCommands(options),
    ...configCommands(options),
    ...subagentCommands(options),
    ...scheduleCommands(options),
  ]
  return new Map(all.map(command => [command.name, command]))
}
