// Given to a program by --import: its clock is off by as many milliseconds as the file of TEST_CLOCK says at the moment.
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const file = process.env.TEST_CLOCK

if (file !== undefined) {
  const real = Date.now.bind(Date)
  const now = () => real() + Number(readFileSync(file, 'utf8'))
  globalThis.Date = class extends Date {
    constructor(...args: [] | [number]) {
      if (args.length === 0) super(now())
      else super(...args)
    }
    static override now = now
  } as DateConstructor
}

export interface ShiftedClock extends Disposable {
  /** What a program needs in its environment to have this clock. */
  readonly env: Readonly<Record<string, string>>
  /** Sets the clock of every program that has it, at once. */
  shift(ms: number): void
}

export function openShiftedClock(): ShiftedClock {
  const folder = mkdtempSync(join(tmpdir(), 'coop-clock-'))
  const path = join(folder, 'shift')
  const shift = (ms: number) => {
    writeFileSync(`${path}.new`, String(ms))
    renameSync(`${path}.new`, path)
  }
  shift(0)
  return {
    env: { TEST_CLOCK: path, NODE_OPTIONS: `--import ${fileURLToPath(import.meta.url)}` },
    shift,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}
