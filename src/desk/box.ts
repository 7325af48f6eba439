// The box of a turn: offered at once, opened when a tool first needs it, closed with the desk.
import { posix } from 'node:path'
import type { Clearance } from '../access/clearance.ts'
import type { Box } from '../box/box.ts'
import { boxHandOf } from '../box/hand.ts'
import type { Boxes } from '../box/room.ts'
import { workspaceAt } from '../box/spec.ts'
import { CoopError } from '../errors.ts'
import type { Disclosed } from '../store/disclosure.ts'
import type { Origin } from '../store/entry.ts'
import type { BoxHand } from '../tools/hands/box.ts'

export interface TurnBox extends AsyncDisposable {
  /** The hand of one call; null where there is no box. `onOutput` follows a running command. */
  hand(callId: string, onOutput?: (chunk: string) => void): BoxHand | null
}

export interface TurnBoxDeps {
  readonly boxes: Boxes
  /** The worst in the prompt, asked at each use: text from outside may come into it while the turn runs. */
  readonly seen: () => Origin
  /** Whether a fully trusted person has answered this question of a call with yes. */
  readonly sanctioned: (callId: string, question: string) => boolean
  /** Told which files the model was given. */
  readonly disclose: (given: readonly Disclosed[]) => void
}

export function openTurnBox(
  clearance: Clearance,
  { boxes, seen, sanctioned, disclose }: TurnBoxDeps,
): TurnBox {
  const offered = boxes.offers(clearance)
  let opening: Promise<Box | null> | undefined

  async function box(signal: AbortSignal): Promise<Box> {
    opening ??= boxes.open(clearance, seen, signal)
    const found = await opening.catch(error => {
      opening = undefined
      throw error
    })
    if (!found)
      throw new CoopError(
        'box_failed',
        'There is no box here that was proven to hold; `coop doctor` says why.',
      )
    return found
  }

  return {
    hand(callId, onOutput) {
      if (!offered) return null
      const inside = async (signal: AbortSignal) =>
        boxHandOf(await box(signal), {
          id: callId,
          seen,
          sanctioned: question => sanctioned(callId, question),
          onOutput,
        })
      return {
        acts: offered.acts,
        closed: path => seen() === 'outside' && offered.instructs(path),
        shell: async (command, timeoutMs, signal) => (await inside(signal)).shell(command, timeoutMs, signal),
        program: async (argv, signal) => (await inside(signal)).program(argv, signal),
        readLines: async (path, lines, signal) => {
          const read = await (await inside(signal)).readLines(path, lines, signal)
          disclose([given(path, read.labels ?? clearance.reads)])
          return read
        },
        readFile: async (path, maxBytes, signal) => (await inside(signal)).readFile(path, maxBytes, signal),
        take: async (path, signal) => (await inside(signal)).take(path, signal),
        writeFile: async (path, bytes, facts, signal) =>
          (await inside(signal)).writeFile(path, bytes, facts, signal),
        originOf: async (paths, shown, signal) => {
          if (shown === 'text') disclose(paths.map(path => given(path, clearance.reads)))
          return (await inside(signal)).originOf(paths, shown, signal)
        },
        keep: async (output, origin, signal) => (await inside(signal)).keep(output, origin, signal),
      }
    },
    async [Symbol.asyncDispose]() {
      await (await opening?.catch(() => null))?.[Symbol.asyncDispose]()
    },
  }
}

/** A file as prompt files are called: by its path from the workspace's root. */
const given = (path: string, labels: readonly string[]): Disclosed => ({
  kind: 'file',
  ref: posix.relative(workspaceAt, posix.resolve(workspaceAt, path)),
  labels,
})
