// A pseudo-terminal whose reader the test is: made by util-linux's `script`, read as fast or as slowly as wanted.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { bin, type House } from './house.ts'

export interface RawTerminal extends Disposable {
  write(data: string): void
  /** Everything that was read so far. */
  seen(): string
  /** The process in the terminal. */
  pid(): number
  until(wanted: string): Promise<void>
  /** Reads no more until `resume`. */
  pause(): void
  resume(): void
  /** Takes the terminal away from under the process, as a window that is closed. */
  hangUp(): void
}

const untilMs = 60_000

export function openRawTerminal(house: House, args: readonly string[]): RawTerminal {
  const command = [process.execPath, bin, '--config', house.config, ...args].join(' ')
  const child = spawn('script', ['-qfc', `stty rows 24 cols 80; exec ${command}`, '/dev/null'], {
    env: { ...house.env },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  child.stdin.on('error', () => {})
  let text = ''
  child.stdout.setEncoding('utf8').on('data', chunk => (text += chunk))
  return {
    write: data => void child.stdin.write(data),
    seen: () => text,
    pid: () => childOf(child.pid!),
    async until(wanted) {
      const end = Date.now() + untilMs
      while (!text.includes(wanted)) {
        if (Date.now() > end) throw new Error(`“${wanted}” did not come; at the end: ${text.slice(-400)}`)
        await sleep(2)
      }
    },
    pause: () => void child.stdout.pause(),
    resume: () => void child.stdout.resume(),
    hangUp: () => void child.kill('SIGKILL'),
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  }
}

function childOf(pid: number): number {
  const child = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]
  return child ? Number(child) : pid
}
