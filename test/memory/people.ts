// A memory in a folder of its own, and clearances as the access room issues them.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { clear, viewOf } from '../../src/access/clear.ts'
import type { Clearance } from '../../src/access/clearance.ts'
import type { Household, Person } from '../../src/access/household.ts'
import type { Level } from '../../src/access/levels.ts'
import { type Memory, type MemoryOptions, openMemory } from '../../src/memory/memory.ts'
import type { Asking } from '../../src/memory/write.ts'

export const migrations = fileURLToPath(new URL('../../migrations', import.meta.url))

const person = (id: string, level: Level): Person => ({
  id,
  name: id[0]!.toUpperCase() + id.slice(1),
  level,
  maxLevel: { discord: 'familiar' },
  matches: [`telegram:${id}`],
})

export const people = {
  alice: person('alice', 'full'),
  bob: person('bob', 'inner'),
  carol: person('carol', 'familiar'),
  mallory: person('mallory', 'public'),
}

const household: Household = {
  revision: 1,
  people: new Map(Object.entries(people)),
  byMatch: new Map(Object.keys(people).map(id => [`telegram:${id}`, id])),
  groups: new Map([
    [
      'telegram:family',
      {
        match: 'telegram:family',
        members: ['alice', 'bob'],
        ceiling: 'inner',
        defaultLevel: 'public',
        trigger: 'always',
        mentionNames: [],
        historyLimit: 50,
      },
    ],
  ]),
  unknown: 'pair',
  publicDailyMessages: 20,
}

export type Name = keyof typeof people

/** What somebody has in a direct chat; on discord everybody is familiar at most. */
export const direct = (name: Name, channel = 'telegram'): Clearance =>
  viewOf(people[name], channel, household)

/** What somebody has in the group of Alice and Bob. */
export const inGroup = (name: Name): Clearance =>
  clear(
    { kind: 'person', person: people[name] },
    { channel: 'telegram', kind: 'group', id: 'family' },
    { kind: 'list', ids: ['alice', 'bob'] },
    household,
  )

export const asking = (name: Name, key: string | null = null): Asking => ({
  name: people[name].name,
  origin: people[name].level === 'public' ? 'outside' : people[name].level,
  key,
})

export interface Home extends Disposable {
  readonly folder: string
  readonly path: string
  readonly memory: Memory
  /** Opens another memory on the same files. */
  again(options?: Partial<MemoryOptions>): Memory
}

export function openHome(options: Partial<MemoryOptions> = {}): Home {
  const folder = mkdtempSync(join(tmpdir(), 'coop-memory-'))
  const path = join(folder, 'db', 'memory.db')
  const open = (more: Partial<MemoryOptions> = {}) => openMemory({ path, migrations, ...options, ...more })
  const memory = open()
  return {
    folder,
    path,
    memory,
    again: open,
    [Symbol.dispose]() {
      memory[Symbol.dispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
