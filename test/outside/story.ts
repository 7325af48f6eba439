// One long random story of a household, told to the real program: people, groups, strangers, jobs, crashes.
import { openStage } from '../support/stage.ts'
import { actionsIn } from './actions.ts'
import { wordsIn } from './canaries.ts'
import { chanceFrom } from './chance.ts'
import { gesturesIn } from './gestures.ts'
import { startOf, tomlOf } from './people.ts'
import { openTown } from './town.ts'

export interface Story {
  readonly requests: number
  readonly sent: number
  readonly kills: number
  readonly words: number
  readonly problems: readonly string[]
}

export interface StoryOptions {
  readonly seed: number
  readonly steps: number
  readonly progress?: (done: number, of: { requests: number; sent: number }) => void
}

/** What is said just before one of these may be heard under what holds after it. */
const changes = [
  'join',
  'leave',
  'trust',
  'removed',
  'rules',
  'restart',
  'group',
  'command',
  'react',
  'restored',
]

export async function tellStory({ seed, steps, progress }: StoryOptions): Promise<Story> {
  const chance = chanceFrom(seed)
  const world = startOf(chance)
  await using stage = await openStage({ users: tomlOf(world), idle: true })
  const { telegram, model } = stage
  using town = openTown(stage, world, chance, seed)
  const { problems } = town
  // Without a workspace there would be no files and no commands.
  stage.home.file('workspaces/default/shared/list.md', 'bread\n')
  town.note()
  await stage.start()
  await town.watch()

  const fresh: (() => void)[] = []
  const actions = [...actionsIn(town, fresh), ...gesturesIn(town)]
  let kills = 0
  const weights = actions.reduce((sum, [weight]) => sum + weight, 0)
  const pick = () => {
    let at = chance.next() * weights
    return actions.find(([weight]) => (at -= weight) < 0) ?? actions[0]!
  }
  for (let done = 1; done <= steps && problems.length < 20; done++) {
    const [, name, act] = pick()
    town.step = `${done} ${name}`
    if (name === 'restart') kills++
    await act()
    if (changes.includes(name)) for (const again of fresh) again()
    if (chance.is(0.6)) {
      await town.rest()
      fresh.length = 0
    }
    if (!stage.gateway.alive()) {
      problems.push(`[${town.step}] the gateway died: ${stage.gateway.stderr().slice(-2_000)}`)
      break
    }
    if (done % 20 === 0) progress?.(done, { requests: model.requests.length, sent: telegram.sent().length })
  }
  await town.rest()
  return {
    requests: model.requests.length,
    sent: telegram.sent().length,
    kills,
    words: wordsIn(model.requests.map(one => one.raw).join('')).length,
    problems,
  }
}
