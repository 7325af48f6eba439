// The table of tools. Sorted by name: the order is part of the cached prompt.
import { message } from './message.ts'
import { todo } from './todo.ts'
import type { Tool } from './tool.ts'

export const tools: readonly Tool[] = [message, todo].sort((a, b) => (a.name < b.name ? -1 : 1))
