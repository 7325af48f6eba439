// Boxes for tests: a home with a workspace, a household of four, and clearances for them.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { clear } from '../../src/access/clear.ts'
import type { Clearance } from '../../src/access/clearance.ts'
import { findBwrap, type Weaken } from '../../src/box/bwrap-runtime.ts'
import type { Net } from '../../src/box/dial.ts'
import { type Boxes, openBoxes } from '../../src/box/room.ts'
import { boxRulesOf } from '../../src/box/rules.ts'
import type { Membership, Place } from '../../src/channel.ts'
import { type Config, configFrom } from '../../src/config/load.ts'
import { silentLog } from '../../src/log.ts'
import { migrationsFolder } from '../../src/package.ts'
import { openStore, type Store } from '../../src/store/store.ts'

const household = `
[agent]
id = "coop"
workspace = "./workspace"
[[users]]
name = "Alice"
trust = "full"
match = ["test:alice"]
[[users]]
name = "Bob"
trust = "inner"
match = ["test:bob"]
[[users]]
name = "Carol"
trust = "familiar"
match = ["test:carol"]
`

export interface Rig extends Disposable {
  readonly home: string
  readonly workspace: string
  readonly config: Config
  readonly boxes: Boxes
  readonly store: Store
  readonly signal: AbortSignal
  /** The clearance of a person in a direct chat, or of a stranger. */
  readonly direct: (id: string) => Clearance
  readonly group: (speaker: string, members: readonly string[], ceiling?: string) => Clearance
  /** Writes a file of the workspace. */
  readonly put: (path: string, text: string) => string
}

export interface RigOptions {
  readonly toml?: string
  readonly env?: Readonly<Record<string, string>>
  readonly net?: Net
  readonly reserve?: number
  readonly weaken?: Weaken
}

export function openRig(options: RigOptions = {}): Rig {
  const home = mkdtempSync(join(tmpdir(), 'coop-test-'))
  const workspace = join(home, 'workspace')
  mkdirSync(workspace)
  const groups = ['familiar', 'inner', 'full'].map(
    level => `[[groups]]\nmatch = "test:${level}"\nceiling = "${level}"\n`,
  )
  const text = `${household}${groups.join('')}${options.toml ?? ''}`
  const config = configFrom(text, join(home, 'coop.toml'), 1, options.env ?? {})
  const store = openStore(join(home, 'db', 'coop.db'), migrationsFolder('coop'))
  const boxes = openBoxes({
    workspace,
    home,
    runtime: config.settings.box.runtime,
    rules: () => boxRulesOf(config),
    origins: store.fileOrigins,
    log: silentLog(),
    reserve: options.reserve ?? 0,
    ...(options.net ? { net: options.net } : {}),
    ...(options.weaken ? { weaken: options.weaken } : {}),
  })
  const clearOf = (id: string, place: Place, membership: Membership) => {
    const person = config.household.people.get(id)
    const speaker = person
      ? ({ kind: 'person', person } as const)
      : ({ kind: 'stranger', sender: { channel: 'test', id, name: id } } as const)
    return clear(speaker, place, membership, config.household)
  }
  return {
    home,
    workspace,
    config,
    boxes,
    store,
    signal: new AbortController().signal,
    direct: id => clearOf(id, { channel: 'test', kind: 'direct', id }, { kind: 'list', ids: [] }),
    group: (speaker, members, ceiling = 'full') =>
      clearOf(speaker, { channel: 'test', kind: 'group', id: ceiling }, { kind: 'list', ids: members }),
    put: (path, text) => {
      const file = join(workspace, path)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, text)
      return file
    },
    [Symbol.dispose]: () => {
      boxes[Symbol.dispose]()
      store[Symbol.dispose]()
      rmSync(home, { recursive: true, force: true })
    },
  }
}

/**
 * Whether tests that need a box run. Where one is demanded (COOP_REQUIRE_BOX=1) they never skip,
 * and fail without it.
 */
export const boxTests: { readonly skip: string | false } = {
  skip:
    findBwrap() === undefined && process.env['COOP_REQUIRE_BOX'] !== '1'
      ? 'BUBBLEWRAP IS NOT INSTALLED: what these tests prove is unproven here'
      : false,
}
