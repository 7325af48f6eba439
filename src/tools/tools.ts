// The table of tools. Sorted by name: the order is part of the cached prompt.
import { config } from './config.ts'
import { coop } from './coop.ts'
import { message } from './message.ts'
import { people } from './people.ts'
import { schedule } from './schedule.ts'
import { todo } from './todo.ts'
import type { Tool } from './tool.ts'

export const tools: readonly Tool[] = [config, coop, message, people, schedule, todo].sort((a, b) =>
  a.name < b.name ? -1 : 1,
)
