// The conversation: its list of steps, skills, reactions, and messages to somebody else.
import type { Origin } from '../../store/entry.ts'

export interface TodoItem {
  readonly text: string
  readonly done: boolean
}

/** This session's list of steps. */
export interface TodoHand {
  read(): { readonly items: readonly TodoItem[]; readonly origin: Origin }
  write(items: readonly TodoItem[]): void
}

/** Instructions for kinds of tasks, written by the household. */
export interface SkillHand {
  readonly any: boolean
  list(): readonly { readonly name: string; readonly description: string }[]
  /** The whole text; undefined for what does not exist or is not open here. */
  read(name: string): { readonly text: string; readonly origin: Origin } | undefined
}

/** Signs under the message that the turn answers. */
export interface ReactionHand {
  /** Throws what the platform said against it. */
  react(emoji: string, signal: AbortSignal): Promise<void>
}

/** Messages to somebody else, once their exact text was approved. */
export interface MessageHand {
  /** Names of the people who can be written to. */
  readonly recipients: readonly string[]
  /** Queues the text; returns where it goes, in words. */
  send(to: string, text: string): string
}
