// npm run bench [-- NAME...]: the machine, then every row of the files beside this one, or of those named.
import { readdirSync, readFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import type { Row } from './row.ts'

const own = ['bench.ts', 'row.ts']
const named = process.argv.slice(2)
const files = readdirSync(import.meta.dirname).filter(
  file =>
    file.endsWith('.ts') && !own.includes(file) && (named.length === 0 || named.includes(file.slice(0, -3))),
)

process.stdout.write(`${machine()}\n`)
let missed = false
for (const file of files.sort()) {
  const { rows } = (await import(`./${file}`)) as { rows?: () => Promise<Row[]> | AsyncIterable<Row> }
  if (!rows) continue
  process.stdout.write(`\n${file.slice(0, -3)}\n`)
  for await (const row of await rows()) {
    missed ||= row.pass === false
    process.stdout.write(`${line(row)}\n`)
  }
}
process.exitCode = missed ? 1 : 0

function line({ name, bar = '', value, pass }: Row): string {
  const verdict = pass === undefined ? '' : pass ? 'pass' : 'MISS'
  return `  ${name.padEnd(62)} ${bar.padEnd(20)} ${value.padEnd(34)} ${verdict}`.trimEnd()
}

function machine(): string {
  const model =
    /^model name\s*:\s*(.+)$/m.exec(readable('/proc/cpuinfo'))?.[1] ?? cpus()[0]?.model ?? 'unknown'
  const load = readable('/proc/loadavg').split(' ')[0] ?? '?'
  return `${model}, ${cpus().length} cores, ${(totalmem() / 2 ** 30).toFixed(1)} GiB, kernel ${release()}, Node ${process.version}, load ${load}`
}

function readable(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
