// What can happen next in the story, and how often.
import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runCoop } from '../support/coop.ts'
import { wordsIn } from './canaries.ts'
import { type Level, levels, openDirect, openInCircle, seemsOpenInCircle } from './people.ts'
import type { Town } from './town.ts'

/** Its weight, its name, what it does. */
export type Action = readonly [number, string, () => Promise<unknown> | unknown]

const everybody = ['alice', 'bob', 'carol', 'mallory']

const commands = [
  '/status',
  '/whoami',
  '/sessions',
  '/undo',
  '/retry',
  '/new',
  '/approve',
  '/verbose',
  '/compact',
  '/help',
  '/model',
  '/models',
  '/usage',
  '/subagents',
  '/cron',
  '/cron history',
  '/users',
  '/config get',
  '/config history',
  '/users see bob',
  '/stop',
  '/resume',
]

/** The home goes on from a backup that was taken while it ran. */
async function restored({ stage, problems, step, watch }: Town): Promise<void> {
  const { home } = stage
  const [file, again] = [join(home.dir, 'backup.tgz'), `${home.dir}-again`]
  const packed = await runCoop(home, ['backup', file])
  await stage.gateway.kill()
  const unpacked = await runCoop(home, ['restore', file, '--dir', again])
  for (const { code, stderr } of [packed, unpacked]) if (code !== 0) problems.push(`[${step}] ${stderr}`)
  for (const folder of ['db', 'workspaces']) {
    rmSync(join(home.dir, folder), { recursive: true })
    renameSync(join(again, folder), join(home.dir, folder))
  }
  for (const path of [file, again]) rmSync(path, { recursive: true })
  await stage.start()
  await watch()
}

/** `fresh` gets what makes a word just said readable by what holds after a change, too. */
export function actionsIn(town: Town, fresh: (() => void)[]): readonly Action[] {
  const { chance, world, canaries, codes, clients, stage, note, look, speak, type, command, reload, watch } =
    town
  const { telegram, home } = stage
  return [
    [
      10,
      'direct',
      () => {
        const who = chance.of(everybody)
        const word = canaries.make(who === 'mallory' ? [] : openDirect(world, who, 'telegram'))
        fresh.push(() => canaries.also(word, openDirect(world, who, 'telegram')))
        return speak(who, null, `I tell you ${word}${chance.is(0.1) ? ' padding'.repeat(1_500) : ''}`)
      },
    ],
    [
      6,
      'terminal',
      async () => {
        const [id, client] = chance.of([...clients]) ?? []
        if (!id || !client) return
        const word = canaries.make(openDirect(world, id, 'terminal'))
        fresh.push(() => canaries.also(word, openDirect(world, id, 'terminal')))
        await type(id, client, `typed ${word}`)
      },
    ],
    [
      10,
      'group',
      () => {
        const who = chance.of(everybody)
        const circle = chance.of(world.circles)
        circle.members.add(who)
        note()
        const word = canaries.make(seemsOpenInCircle(world, circle))
        fresh.push(() => canaries.also(word, seemsOpenInCircle(world, circle)))
        const heard = telegram.sent(circle.id)
        const quoted = chance.is(0.2) ? heard.at(-1) : undefined
        for (const old of wordsIn(quoted?.text ?? '')) canaries.also(old, openInCircle(world, circle))
        return speak(who, circle.id, `we say ${word}${chance.is(0.1) ? ' padding'.repeat(1_500) : ''}`, {
          ...(quoted
            ? {
                replyTo: {
                  message_id: quoted.messageId,
                  date: 1,
                  chat: { id: circle.id, type: 'supergroup', title: 'x' },
                  from: telegram.self,
                  text: quoted.text,
                },
              }
            : {}),
          ...(chance.is(0.1)
            ? { forward: { forward_origin: { type: 'hidden_user', sender_user_name: 'Alice', date: 1 } } }
            : {}),
        })
      },
    ],
    [
      6,
      'command',
      () => {
        const who = chance.of(everybody)
        const circle = chance.is(0.4) ? chance.of(world.circles) : null
        if (circle) {
          circle.members.add(who)
          note()
        }
        // Somebody else's words tried again are theirs in the group alone.
        return command(who, circle?.id ?? null, chance.of(commands))
      },
    ],
    [
      4,
      'approve',
      () => {
        const one =
          codes.length > 0 ? codes.splice(Math.floor(chance.next() * codes.length), 1)[0] : undefined
        if (!one) return
        if (chance.is(0.3))
          command(
            chance.of(everybody),
            chance.is(0.5) ? chance.of(world.circles).id : null,
            `/approve ${one.code}`,
          )
        command(
          one.who.name.toLowerCase(),
          null,
          `/${chance.is(0.8) ? 'approve' : 'deny'} ${one.code}${chance.is(0.2) ? ' 10m' : ''}`,
        )
      },
    ],
    [
      2,
      'join',
      () => {
        chance.of(world.circles).members.add(chance.of(everybody))
        note()
      },
    ],
    [
      2,
      'leave',
      () => {
        const circle = chance.of(world.circles)
        // One who leaves as another comes looks to Telegram as if nobody moved.
        for (const who of circle.members) if (!circle.declared.includes(who)) circle.members.delete(who)
        note()
      },
    ],
    [
      3,
      'trust',
      async () => {
        const one = chance.of(world.people)
        if (one.id !== 'alice') one.level = chance.of(levels)
        one.cap = chance.is(0.5) ? {} : { [chance.of(['telegram', 'terminal'])]: chance.of(levels) }
        if (one.id === 'alice') delete one.cap.terminal
        await reload()
      },
    ],
    [
      1,
      'removed',
      async () => {
        const gone = chance.of(['bob', 'carol'])
        const one = world.people.find(each => each.id === gone)!
        one.known = !one.known
        await reload()
        await watch()
      },
    ],
    [
      1,
      'rules',
      async () => {
        const circle = chance.of(world.circles)
        circle.ceiling = chance.of(levels)
        circle.stranger = chance.of<Level>(['public', 'public', 'familiar', 'inner'])
        await reload()
      },
    ],
    [
      1,
      'restart',
      async () => {
        if (chance.is(0.7)) await stage.gateway.kill()
        else await stage.gateway.stop()
        if (chance.is(0.3)) chance.of(world.circles).members.add('mallory')
        note()
        await stage.start()
        await watch()
      },
    ],
    [
      1,
      'see',
      async () => {
        const viewer = chance.of(world.people.filter(one => one.known))
        const other = chance.of(world.people.filter(one => one.known))
        const args = chance.of([
          ['memory', 'search', 'I tell you', '--as', viewer.id, '--json'],
          ['memory', 'list', '--as', viewer.id],
          ['memory', 'export', '--as', viewer.id],
          ['sessions', '--user', viewer.id],
          ['users', 'show', other.id, '--would-see', '--as', viewer.id],
          ['users', 'show', other.id, '--has-seen', '--as', viewer.id],
        ])
        const { stdout, stderr } = await runCoop(home, args)
        if (/user-error|Unknown option/.test(stderr)) return
        look(`coop ${args.join(' ')}`, stdout + stderr, [openDirect(world, viewer.id, 'terminal')])
      },
    ],
    [0.5, 'restored', () => restored(town)],
    [1, 'job', () => runCoop(home, ['cron', 'run', chance.of(['hearth', 'porch'])])],
    [1, 'pause', () => sleep(1_700)],
  ]
}
