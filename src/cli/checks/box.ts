// The doctor's part about the box: every attack, and what the configuration gave up.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { attackAll } from '../../box/attacks/run.ts'
import { bwrapVersion, findBwrap, openBwrap } from '../../box/bwrap-runtime.ts'
import { required } from '../../box/runtime.ts'
import type { Check, Finding } from './check.ts'

/** From this version on, a planted link cannot make an empty file outside while a box starts. */
const soundVersion = [0, 12]

export const boxChecks: readonly Check[] = [
  {
    name: 'box',
    run: async (config, signal) => {
      const { box } = config.settings
      const given: Finding[] =
        box.runtime === 'none' || box.full.where === 'host'
          ? [
              {
                outcome: 'failed',
                title: 'full-trust commands run in a box',
                detail: 'the configuration runs them on this computer',
              },
            ]
          : []
      if (box.runtime === 'none') return given
      const bwrap = findBwrap()
      if (!bwrap) {
        const detail =
          'bubblewrap is not installed, so file and shell tools are absent; on Debian and Ubuntu: apt-get install bubblewrap'
        return [...given, { outcome: 'failed', title: 'there is a box', detail }]
      }
      const scratch = mkdtempSync(join(tmpdir(), 'coop-box-'))
      try {
        const results = await attackAll(openBwrap({ bwrap, mark: 'box-doctor', scratch, reserve: 0 }), signal)
        if (!results.some(({ outcome }) => outcome === 'proved')) return [...given, cannotStart(results)]
        const lines = results.map(({ title, wall, outcome, detail }): Finding => {
          const relied = required.includes(wall)
          const verdict =
            outcome === 'proved' ? 'proved' : relied && outcome !== 'untried' ? 'failed' : 'not enforced'
          return { outcome: verdict, title, ...(detail ? { detail } : {}) }
        })
        return [...given, ...lines, ...(await notEnforced(bwrap))]
      } finally {
        rmSync(scratch, { recursive: true, force: true })
      }
    },
  },
]

/** One line for all: where no box starts, every attack fails for one reason. */
function cannotStart(results: readonly { readonly detail?: string | undefined }[]): Finding {
  const why = results.find(({ detail }) => detail)?.detail?.replace(/\.$/, '') ?? 'it proved nothing'
  return {
    outcome: 'failed',
    title: 'the box starts',
    detail: `${why}; so file and shell tools are absent. This system or container forbids what it is made of, user namespaces: docs/box.md says how they are allowed`,
  }
}

/** What no box here gives, said rather than left out. */
async function notEnforced(bwrap: string): Promise<Finding[]> {
  const version = await bwrapVersion(bwrap)
  const old =
    version[0]! < soundVersion[0]! || (version[0] === soundVersion[0] && version[1]! < soundVersion[1]!)
  return [
    {
      outcome: 'not enforced',
      title: 'memory of all processes together, by the kernel',
      detail: 'a watchdog ends the command instead',
    },
    {
      outcome: 'not enforced',
      title: 'paths of the workspace in the list of mounts',
      detail: 'a box can read their names, not what is there',
    },
    ...(old
      ? [
          {
            outcome: 'not enforced',
            title: 'links planted while another box starts',
            detail: `bubblewrap ${version.join('.')} can be made to leave an empty file outside; 0.12 and later cannot`,
          } as const,
        ]
      : []),
  ]
}
