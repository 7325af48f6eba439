// node killed-upkeep.ts PATH STEP: takes a tale over into the memory at PATH and tidies it, and at that question to the model waits to be killed.
import type { CaptureSource, SpokenTurn } from '../../src/memory/capture.ts'
import type { Complete } from '../../src/memory/facts.ts'
import { type Memory, openMemory } from '../../src/memory/memory.ts'
import { upkeep } from '../../src/memory/upkeep.ts'
import { direct, migrations, people } from './people.ts'

const dayMs = 86_400_000

/** Two people speak in two conversations each, years ago. */
const turns = Array.from({ length: 16 }, (_, index): SpokenTurn => {
  const name = index % 2 ? 'bob' : 'alice'
  const clearance = direct(name)
  return {
    position: index + 1,
    session: `${name}-${index % 4}`,
    clearance,
    said: [
      {
        entry: index + 1,
        name: people[name].name,
        author: name,
        text: `Heron number ${index} came to the lake`,
        origin: people[name].level as 'full' | 'inner',
        labels: [...clearance.reads],
        at: Date.UTC(2024, 0, 1) + index * dayMs,
      },
    ],
  }
})

const source: CaptureSource = {
  turnsAfter: (position, limit) => turns.filter(turn => turn.position > position).slice(0, limit),
}

/** Facts for what was said, the first in the place of the oldest that is known; a summary for what is old. */
function answerTo(prompt: string): string {
  if (prompt.startsWith('Sum up')) return `Herons were counted: ${/number \d+/.exec(prompt)![0]} first.`
  const [oldest] = [...prompt.matchAll(/^(\d+)\. Heron number (\d+) is known$/gm)].sort(
    (a, b) => Number(a[2]) - Number(b[2]),
  )
  const said = [...prompt.matchAll(/^(\d+)\. \(.*\) \w+: (Heron number \d+)/gm)]
  return JSON.stringify(
    said.map(([, from, text], index) => ({
      ...(oldest && index === 0 ? { act: 'SUPERSEDE', known: Number(oldest[1]) } : { act: 'ADD' }),
      from: Number(from),
      text: `${text} is known`,
    })),
  )
}

/** All upkeep there is to do; `asked` sees each question to the model before it is answered. */
export async function keepUp(memory: Memory, asked: (step: number) => Promise<void>): Promise<void> {
  let step = 0
  const complete: Complete = async prompt => {
    await asked(++step)
    return answerTo(prompt)
  }
  const retention = {
    compressAfterDays: 14,
    smallestCluster: 3,
    archiveAfterDays: 30,
    deleteArchiveAfterDays: 36_500,
    maxRows: 200,
  }
  await upkeep(memory, { source, complete, retention, signal: new AbortController().signal })
}

if (process.argv[1] === import.meta.filename) {
  const [path, last] = process.argv.slice(2)
  using memory = openMemory({ path: path!, migrations })
  await keepUp(memory, async step => {
    if (step !== Number(last)) return
    process.stdout.write('waiting\n')
    await new Promise(resolve => setInterval(resolve, 1_000_000))
  })
}
