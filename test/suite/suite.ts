// Runs every test. A file that fails runs a second time by itself: what fails then, with the same random
// choices and the machine to itself, fails the suite; what passes then is told as unsteady.
import { availableParallelism, tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const testMs = 120_000
/** Much of a test is waiting. */
const atOnce = availableParallelism() + 1
/** More than this many at a first try is no accident of timing. */
const mostRetried = 5

const seed = Number(process.env['COOP_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
process.env['COOP_TEST_SEED'] = String(seed)
process.env['NODE_COMPILE_CACHE'] ??= join(tmpdir(), 'node-compile-cache')

/** The files in which a test failed. */
async function failing(files: { globPatterns: string[] } | { files: string[] }, concurrency: number) {
  const failed = new Set<string>()
  const events = run({
    ...files,
    cwd: root,
    concurrency,
    timeout: testMs,
    execArgv: ['--import', fileURLToPath(new URL('seed.ts', import.meta.url))],
  })
  events.on('test:fail', ({ file }) => failed.add(file ?? ''))
  for await (const text of events.compose(new spec())) process.stdout.write(text)
  return failed
}

console.log(`Random choices of this run: COOP_TEST_SEED=${seed}`)
let failed = await failing({ globPatterns: ['test/**/*.test.ts'] }, atOnce)
if (failed.size > 0 && failed.size <= mostRetried && !failed.has('')) {
  const first = [...failed]
  console.log(`\nOnce more, one by one: ${first.map(file => relative(root, file)).join(', ')}\n`)
  failed = await failing({ files: first }, 1)
  for (const file of first)
    if (!failed.has(file))
      console.log(`UNSTEADY ${relative(root, file)}: it failed among the others and passed alone; mend it.`)
}
process.exitCode = failed.size > 0 ? 1 : 0
