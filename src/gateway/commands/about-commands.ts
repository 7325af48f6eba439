// Commands that tell and set: /help /status /whoami /model /models /verbose.
import type { Person } from '../../access/household.ts'
import { atLeast } from '../../access/levels.ts'
import { isUnpriced } from '../../agent/models/catalogue.ts'
import type { Models } from '../../agent/models/models.ts'
import type { StatusReport } from '../../protocol/messages.ts'
import type { Store } from '../../store/store.ts'
import type { Tracer } from '../../trace/trace.ts'
import type { ToolsOf } from '../desks.ts'
import { failureText } from '../failures.ts'
import { statusText } from '../self/status-text.ts'
import { type ChatCommand, say, sayFault, saySecret } from './command.ts'

export interface AboutOptions {
  readonly store: Store
  readonly tracer: Tracer
  readonly models: () => Models
  readonly modelFor: (person: Person | null) => string
  readonly status: () => StatusReport
  readonly all: () => readonly ChatCommand[]
  readonly toolsOf: ToolsOf
  readonly now: () => number
}

/** A model that says nothing for so long is not to be had. */
const probeMs = 30_000

export function aboutCommands(options: AboutOptions): ChatCommand[] {
  const { store, models, now } = options
  /** Buttons for the models that can answer. */
  const modelChoices = () =>
    models()
      .known.filter(name => models().hasKey(name))
      .slice(0, 8)
      .map(name => ({ id: `/model ${name}`, label: name }))
  return [
    {
      name: 'help',
      usage: '/help',
      summary: 'list the commands',
      level: 'familiar',
      run({ clearance }) {
        const open = options.all().filter(command => atLeast(clearance.acts, command.level))
        return say(open.map(command => `${command.usage} — ${command.summary}`).join('\n'))
      },
    },
    {
      name: 'status',
      usage: '/status',
      summary: 'how the gateway is',
      level: 'full',
      run: ({ clearance }) =>
        atLeast(clearance.level, 'full')
          ? saySecret(statusText(options.status()))
          : say('Not everybody here may read that; ask me in a direct chat.'),
    },
    {
      name: 'whoami',
      usage: '/whoami',
      summary: 'who you are here and what is open',
      level: 'familiar',
      run(context) {
        const { clearance, person, session } = context
        const tools = options.toolsOf(clearance, session)
        return saySecret(
          [
            `You are ${person?.name ?? 'a stranger'} (${person?.id ?? context.clearance.place.id}).`,
            `You may act here as: ${clearance.acts}.`,
            `Open here: ${clearance.reads.join(', ') || 'nothing'}.`,
            `Tools here: ${tools.map(tool => tool.name).join(', ') || 'none'}.`,
          ].join('\n'),
        )
      },
    },
    {
      name: 'models',
      usage: '/models',
      summary: 'list the models you can choose',
      level: 'inner',
      run(context) {
        const current = options.modelFor(context.person)
        const lines = models().known.map(name => {
          const notes = [
            models().hasKey(name) ? '' : ' (no key)',
            isUnpriced(name) ? ' (price not known)' : '',
          ]
          return `${name === current ? '* ' : '  '}${name}${notes.join('')}`
        })
        return say(lines.join('\n'), modelChoices())
      },
    },
    {
      name: 'model',
      usage: '/model [NAME]',
      summary: 'show or choose the model that answers you; "default" forgets the choice',
      level: 'inner',
      async run(context) {
        const { args, clearance } = context
        if (!args) return say(`Answering: ${options.modelFor(context.person)}`, modelChoices())
        const scope = `person:${clearance.person}` as const
        if (args === 'default') {
          store.settings.remove(scope, 'model')
          return say(`Answering: ${options.modelFor(context.person)}`)
        }
        try {
          const name = models().resolve(args)
          if (!models().known.includes(name) && !atLeast(clearance.acts, 'full'))
            return say(`“${args}” is not among /models.`)
          if (!models().hasKey(name)) return say(`There is no key for ${name}.`)
          const span = options.tracer.start('model', context.trace, null, { model: name, why: 'model check' })
          const { failure, usage } = await models().probe(name, AbortSignal.timeout(probeMs))
          const usd = models().cost(name, usage)
          span.end({ ...usage, usd, ...(failure ? { kind: failure.kind } : {}) }, failure?.message)
          const { person, acts: level } = clearance
          store.turns.record(
            'probe',
            { ...usage, person, level, job: 'model check', model: name, usd },
            now(),
          )
          if (failure)
            return say(
              `${name} was not chosen: ${failureText(failure.kind, failure.message, clearance.level)}`,
            )
          store.settings.set(scope, 'model', name, now())
          return say(`Answering from now on: ${name}`)
        } catch (error) {
          return sayFault(error)
        }
      },
    },
    {
      name: 'verbose',
      usage: '/verbose [on|off]',
      summary: 'show tool steps as they happen',
      level: 'familiar',
      run({ args, session }) {
        const scope = `session:${session.id}` as const
        const on = args ? args === 'on' : !store.settings.get<boolean>(scope, 'verbose')
        store.settings.set(scope, 'verbose', on, now())
        return say(on ? 'Tool steps are shown.' : 'Tool steps are not shown.')
      },
    },
  ]
}
