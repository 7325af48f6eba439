// The contract with the outside: what a channel brings in, carries out and can do.
import type { Log } from './log.ts'
import type { SequencedEvent } from './protocol/events.ts'
import type { Method, Params, Results } from './protocol/messages.ts'

/** Who wrote. `id` is the platform's immutable identifier, never a display name. */
export interface Sender {
  readonly channel: string
  readonly id: string
  readonly name: string
  /** The platform says that whoever holds this identity changed, and no owner confirmed it yet. */
  readonly unverified?: true
}

/** Where it was written, and where a reply goes. */
export interface Place {
  readonly channel: string
  readonly kind: 'direct' | 'group'
  /** Of a group, the platform's identifier; of a direct chat, the other person's, the same as their `Sender.id`. */
  readonly id: string
  /** A topic or thread inside a group. */
  readonly thread?: string
  readonly title?: string
}

/** Who is in a group, the agent itself not counted, as far as the platform tells. */
export type Membership =
  | { readonly kind: 'list'; readonly ids: readonly string[] }
  | { readonly kind: 'count'; readonly count: number }
  | { readonly kind: 'unknown'; readonly reason: string }

export interface Attachment {
  readonly kind: 'image' | 'audio' | 'video' | 'file'
  readonly name: string
  readonly mime: string
  /** Bytes; absent where the platform does not say. */
  readonly size?: number
  /** The platform's handle, given back to `Channel.fetch`. */
  readonly handle: string
}

/** One message. `(channel, externalId)` names it for ever: the same pair twice is the same message. */
export interface Inbound {
  readonly channel: string
  readonly externalId: string
  readonly place: Place
  readonly sender: Sender
  readonly text: string
  /** When it was written, milliseconds since 1970. */
  readonly at: number
  /** In a group: the agent was named, or this answers one of its messages. */
  readonly addressed?: boolean
  /** The text of the message this one answers. Without `of` it is somebody else's, who answers for nothing here. */
  readonly quote?: { readonly author: string; readonly text: string; readonly of?: 'agent' | 'sender' }
  readonly attachments?: readonly Attachment[]
  /** The chat forgets its messages this long after they are read, in milliseconds; so must we. */
  readonly expiresMs?: number
  /** Messages of one album were sent together and are answered together. */
  readonly album?: string
  /** Somebody else's words, which the sender handed on. */
  readonly forwarded?: true
  /** A button was pressed; `text` is the `Choice.id` it stood for. */
  readonly choice?: true
  /** This replaces an earlier message of the same sender, or takes it back. */
  readonly revises?: { readonly externalId: string; readonly deleted?: true }
  /** A reaction to the message with the external id `to`; `text` is empty. */
  readonly reaction?: { readonly to: string; readonly emoji: string }
}

/** A button under a message. Pressing it says `id` in the place of the message. */
export interface Choice {
  /** At most 64 bytes: what a person would type instead. */
  readonly id: string
  readonly label: string
}

/** One part of a reply. `key` is the same at every attempt. */
export interface Outbound {
  readonly key: string
  readonly place: Place
  readonly text: string
  /** The external id of the message that is answered, to be shown as that. */
  readonly replyTo?: string
  /** The external id of the message that led to this, shown or not. */
  readonly answers?: string
  readonly attachments?: readonly {
    readonly name: string
    readonly mime: string
    readonly bytes: Uint8Array
  }[]
  /** Offered as buttons where the channel has them. */
  readonly choices?: readonly Choice[]
  /** The external id of the live draft whose place this text takes; sent anew if the draft is gone. */
  readonly replaces?: string
}

/** What a reply looks like while it grows. */
export interface Draft {
  /** The same for the whole reply. */
  readonly key: string
  readonly place: Place
  readonly text: string
  readonly replyTo?: string
  /** The draft on display; absent for the first showing. */
  readonly externalId?: string
}

/** The commands that one sender may use, or everybody where `sender` is null. */
export interface CommandMenu {
  readonly sender: string | null
  readonly commands: readonly { readonly name: string; readonly summary: string }[]
}

export type SendResult =
  /** `expiresMs`: the chat forgets it so many milliseconds later; so must we. */
  | { readonly kind: 'sent'; readonly externalId?: string; readonly expiresMs?: number }
  /** May be tried again, after `afterMs` if the platform said when. */
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs?: number }
  /** Will never succeed as it is. */
  | { readonly kind: 'refused'; readonly reason: string }

export interface Capabilities {
  /** UTF-16 units in one message. */
  readonly maxTextLength: number
  /** The platform drops a repeat of the same `Outbound.key`. */
  readonly exactlyOnce: boolean
  readonly groups: boolean
  /** Read only while somebody sits there, so nothing is sent there that must reach a person. */
  readonly local: boolean
  /** Drafts can be shown and edited, once in so many milliseconds. */
  readonly drafts?: { readonly everyMs: number; readonly everyMsInGroups: number }
  /** What the agent says at a tool step is sent as a message of its own. */
  readonly steps?: boolean
}

export type ChannelState =
  | { readonly kind: 'starting' }
  /** With an `error` only part of it works; it says what somebody must do for the rest. */
  | { readonly kind: 'connected'; readonly error?: string }
  | { readonly kind: 'reconnecting'; readonly error: string }
  /** Stopped until somebody acts; `error` says what to do. */
  | { readonly kind: 'failed'; readonly error: string }

export interface Channel extends AsyncDisposable {
  readonly name: string
  readonly capabilities: Capabilities
  /**
   * Yields what arrived, batch by batch, until `signal` aborts. Everything in a batch is
   * stored when the generator is resumed; only then may it be acknowledged to the platform.
   * Reconnects by itself; ends early only when `state()` is `failed`.
   */
  listen(signal: AbortSignal): AsyncIterable<readonly Inbound[]>
  /** Markdown without what the platform cannot show, tables above all; asked before a text is cut into parts. */
  prepare?(markdown: string): string
  /** One attempt. Does not throw for what the platform or the network did. */
  send(outbound: Outbound, signal: AbortSignal): Promise<SendResult>
  /** Shows that a reply is coming; called again every few seconds. Failure is of no consequence. */
  typing?(place: Place, signal: AbortSignal): Promise<void>
  /** Who is in the group now. */
  members?(place: Place, signal: AbortSignal): Promise<Membership>
  /** The bytes of something received. Throws with a sentence that says why it cannot be had. */
  fetch?(attachment: Attachment, signal: AbortSignal): Promise<Uint8Array>
  /** Shows a draft, or edits the one on display. One attempt; `sent` carries its external id. */
  draft?(draft: Draft, signal: AbortSignal): Promise<SendResult>
  /** Takes back a message of the agent's own. */
  withdraw?(place: Place, externalId: string, signal: AbortSignal): Promise<void>
  /** Puts the agent's reaction under a message. */
  react?(place: Place, externalId: string, emoji: string, signal: AbortSignal): Promise<void>
  /** Makes the commands known to the platform. */
  offer?(menus: readonly CommandMenu[], signal: AbortSignal): Promise<void>
  state(): ChannelState
  /** People whose identity changed on the platform: their messages come with `Sender.unverified` until confirmed. */
  unverified?(): readonly Unverified[]
  /** The owner's word that a person is still themselves. False if there was nothing to confirm. */
  confirm?(id: string): boolean
}

export interface Unverified {
  /** As in `Sender.id`. */
  readonly id: string
  readonly name: string
  /** Milliseconds since 1970. */
  readonly since: number
}

/** One word for a place; parts to the same place go out in order. */
export const placeKey = (place: Place): string =>
  [place.channel, place.kind, place.id, ...(place.thread === undefined ? [] : [place.thread])].join(':')

/** What every channel is given beside its own settings. */
export interface ChannelDeps {
  readonly log: Log
  /** The folder of coop.toml; relative paths start here. */
  readonly home: string
  /** The value behind "env:NAME". */
  readonly secret: (reference: string) => string | undefined
  /** Whether "channel:identifier" is somebody of the household; strangers get no receipts. */
  readonly knows?: (identity: string) => boolean
  /** The identifiers on this channel of everybody in the household. */
  readonly people?: () => readonly string[]
  /** Whether "channel:identifier" is a listed group; what others wrote meanwhile need not be read up. */
  readonly listed?: (group: string) => boolean
  /** Where a channel keeps how far it has read, by place. May lag behind: what is fetched twice is stored once. */
  readonly cursors: Cursors
}

export interface Cursors {
  all(): Readonly<Record<string, string>>
  save(cursors: Readonly<Record<string, string>>): void
}

/** Who a live client is, as the gateway admitted it. */
export interface Principal {
  readonly person: string
  readonly name: string
  readonly level: string
  /** The sender id of what they write. */
  readonly sender: string
  /** Their own direct session. */
  readonly session: string
}

/** Methods that the gateway answers; the channel itself handles the others. */
export type ControlMethod = Exclude<Method, 'initialize' | 'session/send' | 'session/attach'>

/** What terminal and web receive: a view of the gateway, each call under the principal's clearance. */
export interface Control {
  /** Throws `not_permitted` or `not_found` when the claim asks for more than the connection has. */
  admit(claim: {
    readonly user?: string | undefined
  }): Results['initialize'] & { readonly principal: Principal }
  call<M extends ControlMethod>(principal: Principal, method: M, params: Params<M>): Promise<Results[M]>
  /** Where a message to this session goes; throws for a session that is not theirs to write in. */
  placeOf(principal: Principal, session: string): Place
  /** Replays what came after `after` and follows. Throws `session_missing`. */
  attach(
    principal: Principal,
    wanted: Params<'session/attach'>,
    listener: (event: SequencedEvent) => void,
  ): Disposable & { readonly session: string; readonly seq: number }
}
