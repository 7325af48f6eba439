// The table of tools. Sorted by name: the order is part of the cached prompt.
import { bash } from './bash.ts'
import { config } from './config.ts'
import { coop } from './coop.ts'
import { editFile } from './edit-file.ts'
import { glob } from './glob.ts'
import { grep } from './grep.ts'
import { mcp } from './mcp.ts'
import { memorySearch, memoryWrite } from './memory.ts'
import { message } from './message.ts'
import { people } from './people.ts'
import { react } from './react.ts'
import { readFile } from './read-file.ts'
import { schedule } from './schedule.ts'
import { sendFile } from './send-file.ts'
import { skill } from './skill.ts'
import { subagent } from './subagent.ts'
import { todo } from './todo.ts'
import type { Tool } from './tool.ts'
import { webFetch } from './web-fetch.ts'
import { webSearch } from './web-search.ts'
import { writeFile } from './write-file.ts'

const files = [bash, editFile, glob, grep, readFile, sendFile, writeFile]
const memory = [memorySearch, memoryWrite]
const house = [config, coop, people, schedule]
const web = [webFetch, webSearch]

export const tools: readonly Tool[] = [
  ...files,
  ...memory,
  ...house,
  ...web,
  mcp,
  message,
  react,
  skill,
  subagent,
  todo,
].sort((a, b) => (a.name < b.name ? -1 : 1))
