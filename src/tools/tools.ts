// The table of tools. Sorted by name: the order is part of the cached prompt.
import { bash } from './bash.ts'
import { editFile } from './edit-file.ts'
import { glob } from './glob.ts'
import { grep } from './grep.ts'
import { memorySearch, memoryWrite } from './memory.ts'
import { message } from './message.ts'
import { readFile } from './read-file.ts'
import { skill } from './skill.ts'
import { todo } from './todo.ts'
import type { Tool } from './tool.ts'
import { webFetch } from './web-fetch.ts'
import { webSearch } from './web-search.ts'
import { writeFile } from './write-file.ts'

export const tools: readonly Tool[] = [
  bash,
  editFile,
  glob,
  grep,
  memorySearch,
  memoryWrite,
  message,
  readFile,
  skill,
  todo,
  webFetch,
  webSearch,
  writeFile,
].sort((a, b) => (a.name < b.name ? -1 : 1))
