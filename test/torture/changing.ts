// npm run torture:changes [-- SEED KILLS]: a household that changes things under kills; ends with 1 when a promise was broken.
import { change } from './changes.ts'

const seed = Number(process.argv[2] ?? Date.now() % 1_000_000)
const kills = Number(process.argv[3] ?? 100)
process.stdout.write(`seed ${seed}, ${kills} kills\n`)
const { asked, violations } = await change({
  seed,
  kills,
  progress: done => void (done % 5 === 0 && process.stderr.write(`\r${done} kills`)),
})
process.stderr.write('\n')
process.stdout.write(`${JSON.stringify(asked)}\n`)
for (const violation of violations) process.stdout.write(`VIOLATION  ${violation}\n`)
process.exitCode = violations.length > 0 ? 1 : 0
