// What a box costs: its start beside a plain process, small commands, and a search over many files.
import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { boxHandOf } from '../../src/box/hand.ts'
import { grep } from '../../src/tools/grep.ts'
import type { Hands } from '../../src/tools/hands.ts'
import { openRig } from '../box/rig.ts'

export interface Row {
  readonly name: string
  readonly bar?: string
  readonly value: string
}

const runs = 50

export async function rows(): Promise<Row[]> {
  using rig = openRig()
  const box = await rig.boxes.open(rig.direct('alice'), () => 'full', rig.signal)
  if (!box) return [{ name: 'box', value: (await rig.boxes.proof(rig.signal)).problems.join(' ') }]
  await using opened = box
  const argv = ['/bin/true']
  const plain = await times(
    runs,
    () => new Promise(resolve => spawn('/bin/true', { stdio: 'ignore' }).once('close', resolve)),
  )
  const quiet = await times(runs, () => opened.exec({ argv, quiet: 'writing' }, rig.signal))
  const relayed = await times(runs, () => opened.exec({ argv }, rig.signal))
  const hundred = await times(1, async () => {
    for (let i = 0; i < 100; i++)
      await opened.exec({ argv: ['/bin/bash', '-c', 'echo $((1 + 1))'], quiet: 'writing' }, rig.signal)
  })
  for (let folder = 0; folder < 500; folder++) {
    const path = join(rig.workspace, `many/${folder}`)
    mkdirSync(path, { recursive: true })
    for (let file = 0; file < 100; file++)
      writeFileSync(join(path, `${file}.txt`), `file ${file} of ${folder}\n${'lorem ipsum '.repeat(20)}\n`)
  }
  const hands = {
    box: boxHandOf(opened, { id: 'bench', seen: () => 'full', sanctioned: () => false }),
    web: null,
  } as Hands
  const search = await times(3, () =>
    grep.run({ pattern: 'file 7 of 49\\b', path: 'many' }, hands, rig.signal),
  )
  return [
    { name: 'plain process, p50 / p95', value: spread(plain) },
    { name: 'box start without network, p50 / p95', value: spread(quiet) },
    { name: 'box start with the way out, p50 / p95', value: spread(relayed) },
    { name: '100 small commands in boxes', value: `${(hundred[0]! / 1000).toFixed(2)} s` },
    { name: 'grep over 50,000 files', value: `${search[1]!.toFixed(0)} ms` },
  ]
}

async function times(count: number, work: () => Promise<unknown>): Promise<number[]> {
  const taken: number[] = []
  for (let i = 0; i < count; i++) {
    const from = performance.now()
    await work()
    taken.push(performance.now() - from)
  }
  return taken.sort((a, b) => a - b)
}

const spread = (taken: readonly number[]): string =>
  [0.5, 0.95].map(share => `${taken[Math.floor((taken.length - 1) * share)]!.toFixed(1)} ms`).join(' / ')
