// The table of tools. Sorted by name: the order is part of the cached prompt.
import { memorySearch, memoryWrite } from './memory.ts'
import { message } from './message.ts'
import { skill } from './skill.ts'
import { todo } from './todo.ts'
import type { Tool } from './tool.ts'

export const tools: readonly Tool[] = [memorySearch, memoryWrite, message, skill, todo].sort((a, b) =>
  a.name < b.name ? -1 : 1,
)
