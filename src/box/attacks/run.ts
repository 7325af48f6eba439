// Runs every attack in one box and reads what came of each.
import { messageOf } from '../../errors.ts'
import type { BoxRuntime, Wall } from '../runtime.ts'
import type { BoxSpec } from '../spec.ts'
import { prelude } from './attack.ts'
import { type Ground, openGround } from './ground.ts'
import { attacks } from './list.ts'

export interface AttackResult {
  readonly name: string
  readonly title: string
  readonly wall: Wall
  /** `untried`: what the attack needs is not installed. `unproven`: it did not come to its end. */
  readonly outcome: 'proved' | 'failed' | 'untried' | 'unproven'
  readonly detail: string
}

/** Every attack, a swapped folder, and what commands leave behind. */
export async function attackAll(runtime: BoxRuntime, signal: AbortSignal): Promise<AttackResult[]> {
  await using ground = await openGround()
  return [
    ...(await attackFrom(ground, runtime, signal)),
    await swap(runtime, ground, signal),
    ...(await endings(runtime, ground.spec, signal)),
  ]
}

/** The attacks from inside. Each reports its own end; one without it proves nothing. */
export async function attackFrom(
  ground: Ground,
  runtime: BoxRuntime,
  signal: AbortSignal,
): Promise<AttackResult[]> {
  let output = ''
  let broken = ''
  try {
    const ran = await runtime.exec(ground.spec, { argv: ['/bin/bash', '-c', program(ground.canary)] }, signal)
    output = ran.stdout.toString()
    if (ran.ended !== 'exit') broken = `the box was ended: ${ran.ended}`
  } catch (error) {
    broken = messageOf(error)
  }
  return attacks.map(({ name, title, wall }): AttackResult => {
    const of = (kind: string) => said(output, `${kind}:${name}:`)
    const leaks = of('leak')
    const skipped = of('skip')
    const ended = said(output, `end:${name}:`).includes(ground.canary)
    if (leaks.length > 0) return { name, title, wall, outcome: 'failed', detail: leaks.join(', ') }
    if (skipped.length > 0) return { name, title, wall, outcome: 'untried', detail: skipped[0]! }
    return ended
      ? { name, title, wall, outcome: 'proved', detail: '' }
      : { name, title, wall, outcome: 'unproven', detail: broken || 'the attempt did not come to its end' }
  })
}

/** What another box puts in the place of a folder, between the look at it and its mount. */
async function swap(
  runtime: BoxRuntime,
  { spec, outside }: Ground,
  signal: AbortSignal,
): Promise<AttackResult> {
  const facts = {
    name: 'swap',
    title: 'a folder that is swapped while a box starts opens nothing',
    wall: 'files',
  } as const
  const mounts = spec.mounts.map(mount => (mount.at.endsWith('/hooks') ? { ...mount, host: outside } : mount))
  try {
    const ran = await runtime.exec({ ...spec, mounts, proxy: null }, { argv: ['/bin/true'] }, signal)
    return { ...facts, outcome: 'failed', detail: `the box ran: ${ran.ended}` }
  } catch (error) {
    const noticed = messageOf(error).includes('changed while it was opened')
    return { ...facts, outcome: noticed ? 'proved' : 'unproven', detail: noticed ? '' : messageOf(error) }
  }
}

/** What a command leaves behind, seen from outside. */
async function endings(runtime: BoxRuntime, spec: BoxSpec, signal: AbortSignal): Promise<AttackResult[]> {
  const quiet = { ...spec, proxy: null }
  const result = (name: string, title: string, good: boolean, detail: string): AttackResult => ({
    name,
    title,
    wall: 'processes',
    outcome: good ? 'proved' : 'failed',
    detail: good ? '' : detail,
  })
  try {
    const stubborn = "trap '' TERM INT HUP; (setsid sleep 60 &); sleep 60"
    const ended = await runtime.exec(quiet, { argv: ['/bin/bash', '-c', stubborn], wallMs: 500 }, signal)
    const flood = await runtime.exec(
      quiet,
      { argv: ['/usr/bin/yes'], maxOutput: 100_000, wallMs: 10_000 },
      signal,
    )
    return [
      result(
        'deadline',
        'a command that ignores signals ends at its time limit',
        ended.ended === 'timeout',
        ended.ended,
      ),
      result('flood', 'a command that floods its output is ended', flood.ended === 'output', flood.ended),
    ]
  } catch (error) {
    return [result('deadline', 'a command ends at its time limit', false, messageOf(error))]
  }
}

function program(sentinel: string): string {
  const tries = attacks.map(
    ({ name, script }) => `( ID=${name}\n${script}\n) 2>/dev/null; echo "end:${name}:${sentinel}"`,
  )
  return [prelude, 'exec 2>/dev/null', ...tries].join('\n')
}

const said = (output: string, prefix: string): string[] =>
  output
    .split('\n')
    .filter(line => line.startsWith(prefix))
    .map(line => line.slice(prefix.length))
