// Shell completion: read by the shells themselves.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { commands } from '../../src/cli/commands.ts'
import { completables } from '../../src/cli/completion.ts'
import { openHouse, bin as program } from '../terminal/house.ts'
import { openPane } from '../terminal/pane.ts'

function installed(shell: string): boolean {
  try {
    execFileSync(shell, ['-c', 'true'])
    return true
  } catch {
    return false
  }
}

test('completables know every command with its words and flags', () => {
  const known = completables(commands)
  assert.deepEqual(
    known.map(one => one.name),
    Object.keys(commands).filter(Boolean),
  )
  assert.deepEqual(known.find(one => one.name === 'gateway')?.words, ['install', '--print', 'uninstall'])
  assert.deepEqual(known.find(one => one.name === 'start')?.words, ['--detach'])
})

/** How each shell is started without what else is set up in it, and takes the completion. */
const shells = {
  bash: { start: ['bash', '--norc'], load: 'eval "$(coop completion bash)"' },
  zsh: { start: ['zsh', '-f'], load: 'autoload -U compinit; compinit -u -D; eval "$(coop completion zsh)"' },
  fish: { start: ['fish', '--no-config'], load: 'coop completion fish | source' },
}

for (const [shell, { start, load }] of Object.entries(shells))
  test(`${shell} completes commands and their words at a real prompt`, {
    skip: installed(shell) ? false : `${shell} is not installed`,
  }, async () => {
    await using house = openHouse()
    const bin = join(house.dir, 'bin')
    mkdirSync(bin)
    writeFileSync(join(bin, 'coop'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`, {
      mode: 0o755,
    })
    using pane = openPane({
      command: start,
      env: { ...house.env, HISTFILE: '/dev/null', PATH: `${bin}:${house.env.PATH}` },
      cwd: house.dir,
    })
    await pane.until(/[#$%>] *$/)
    pane.type(`${load} && echo load""ed`)
    pane.press('Enter')
    await pane.until(/^loaded$/m)
    for (const [typed, whole] of [
      ['coop resto', 'coop restore'],
      ['coop gateway unin', 'coop gateway uninstall'],
      ['coop chat --pl', 'coop chat --plain'],
      ['coop --config coop.toml resta', 'coop --config coop.toml restart'],
    ] as const) {
      pane.type(typed)
      pane.press('Tab')
      await pane.until(text => text.split('\n').some(line => line.endsWith(whole)))
      pane.press('C-c')
      await pane.until(text => /[#$%>]$/.test(text))
    }
  })

test('zsh and fish get their own, and any other shell a plain refusal', async () => {
  await using house = openHouse()
  assert.match((await house.coop(['completion', 'zsh'])).stdout, /^#compdef coop[\s\S]*'restore:make a home/)
  assert.match((await house.coop(['completion', 'fish'])).stdout, /-a restore -d/)
  assert.equal((await house.coop(['completion', 'toString'])).code, 2)
})
