// Shell completion: read by the shells themselves.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { commands } from '../../src/cli/commands.ts'
import { completables } from '../../src/cli/completion.ts'
import { openHouse } from '../terminal/house.ts'

test('completables know every command with its words and flags', () => {
  const known = completables(commands)
  assert.deepEqual(
    known.map(one => one.name),
    Object.keys(commands).filter(Boolean),
  )
  assert.deepEqual(known.find(one => one.name === 'gateway')?.words, ['install', '--print', 'uninstall'])
  assert.deepEqual(known.find(one => one.name === 'start')?.words, ['--detach'])
})

test('bash completes commands and their words', async () => {
  await using house = openHouse()
  const { stdout } = await house.coop(['completion', 'bash'])
  const complete = (...words: string[]) =>
    execFileSync(
      'bash',
      [
        '--norc',
        '-c',
        `${stdout}\nCOMP_WORDS=(${words.map(word => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _coop; echo "\${COMPREPLY[@]}"`,
      ],
      { encoding: 'utf8' },
    ).trim()
  assert.equal(complete('coop', 'res'), 'restart restore')
  assert.equal(complete('coop', 'gateway', 'un'), 'uninstall')
  assert.equal(complete('coop', 'chat', '--p'), '--plain')
})

test('zsh and fish get their own, and any other shell a plain refusal', async () => {
  await using house = openHouse()
  assert.match((await house.coop(['completion', 'zsh'])).stdout, /^#compdef coop[\s\S]*'restore:make a home/)
  assert.match((await house.coop(['completion', 'fish'])).stdout, /-a restore -d/)
  assert.equal((await house.coop(['completion', 'toString'])).code, 2)
})
