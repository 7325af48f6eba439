// The tool steps between two messages: one line folded, else each with its arguments and result.
import { wrapTextWithAnsi } from '@earendil-works/pi-tui'
import type { SessionEvent } from '../../protocol/events.ts'
import { clean, oneLine } from '../clean.ts'
import { type Block, cached, marked } from './blocks.ts'
import type { Theme } from './theme.ts'

/** Lines of a result that are shown unfolded. */
const resultLines = 12

type ToolEvent = Extract<SessionEvent, { type: 'tool' }>

interface Step {
  readonly call: string
  readonly name: string
  input: string
  result: string | null
  state: ToolEvent['state']
  isError: boolean
}

export interface ToolBlock extends Block {
  take(event: ToolEvent): void
}

export function toolBlock(theme: Theme): ToolBlock {
  const steps = new Map<string, Step>()
  let folded = true

  const heading = (step: Step) => {
    const mark = step.isError ? theme.bad('✗') : step.state === 'done' ? theme.good('✓') : theme.warn('·')
    const waits = step.state === 'waiting' ? ' (waits for a person)' : ''
    return `${mark} ${step.name}${waits} ${theme.dim(oneLine(step.input, 160))}`.trimEnd()
  }
  const cut = (line: string, width: number) => wrapTextWithAnsi(line, width)[0] ?? ''
  const block = cached(width => {
    const all = [...steps.values()]
    if (!folded) {
      return [
        '',
        ...all.flatMap(step => [
          ...marked('', heading(step), width, text => text),
          ...(step.result === null
            ? []
            : marked('    ', clean(step.result).trim(), width, theme.dim).slice(0, resultLines)),
        ]),
      ]
    }
    const last = all.at(-1)
    if (!last) return []
    if (all.length === 1 || last.state !== 'done') return ['', cut(heading(last), width)]
    const failed = all.filter(step => step.isError).length
    const names = [...new Set(all.map(step => step.name))].join(', ')
    const mark = failed > 0 ? theme.bad('✗') : theme.good('✓')
    return ['', cut(`${mark} ${all.length} steps: ${names}${failed ? `, ${failed} failed` : ''}`, width)]
  })

  return {
    ...block,
    take(event) {
      const step = steps.get(event.call) ?? {
        call: event.call,
        name: clean(event.name),
        input: '',
        result: null,
        state: event.state,
        isError: false,
      }
      step.state = event.state
      step.isError = event.isError ?? false
      if (event.state === 'done') step.result = event.detail
      else if (event.output !== undefined) step.result = event.output
      else step.input = event.detail
      steps.set(event.call, step)
      block.invalidate()
    },
    fold(now) {
      folded = now
      block.invalidate()
    },
  }
}
