// The table of tools. Sorted by name: the order is part of the cached prompt.
import { config } from './config.ts'
import { coop } from './coop.ts'
import { memorySearch, memoryWrite } from './memory.ts'
import { message } from './message.ts'
import { people } from './people.ts'
import { schedule } from './schedule.ts'
import { skill } from './skill.ts'
import { todo } from './todo.ts'
import type { Tool } from './tool.ts'

const table = [config, coop, memorySearch, memoryWrite, message, people, schedule, skill, todo]

export const tools: readonly Tool[] = table.sort((a, b) => (a.name < b.name ? -1 : 1))
