// node test/outside/campaign.ts [SEED] [STEPS]: a random household against the real program, every word that leaves looked at.
import { type Story, tellStory } from './story.ts'

const seed = Number(process.argv[2] ?? Date.now() % 1_000_000)
const steps = Number(process.argv[3] ?? 1_000)
process.stdout.write(`seed ${seed}, ${steps} steps\n`)
const begun = Date.now()
const story: Story = await tellStory({
  seed,
  steps,
  progress: (done, of) => process.stderr.write(`\r${done} steps, ${of.requests} requests, ${of.sent} sent `),
})
process.stderr.write('\n')
for (const [name, value] of Object.entries({ ...story, problems: story.problems.length }))
  process.stdout.write(`${name.padEnd(12)} ${value}\n`)
process.stdout.write(`minutes      ${((Date.now() - begun) / 60_000).toFixed(1)}\n`)
for (const problem of story.problems) process.stdout.write(`VIOLATION ${problem}\n`)
process.exitCode = story.problems.length > 0 ? 1 : 0
