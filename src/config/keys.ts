// What is said about every key beside its type (a sentence, whether it is hot, who may change it by chat), and the kinds of values there are.
import { CronPattern } from 'croner'
import { z } from 'zod'

export interface KeyFacts {
  /** Takes effect without a restart. Default true. */
  readonly hot?: boolean
  /**
   * Who may change it by chat. `chat`: a full person, at once. `approval` (default): after a
   * full person's yes to the exact change. `terminal`: only at the terminal.
   */
  readonly by?: 'chat' | 'approval' | 'terminal'
}

export interface KeyMeta extends Required<KeyFacts> {
  readonly description: string
}

/** Attaches the facts to a key's schema. Put it last: a wrapped schema loses them. */
export function key<T extends z.ZodType>(schema: T, description: string, facts: KeyFacts = {}): T {
  return schema.meta({ description, hot: facts.hot ?? true, by: facts.by ?? 'approval' }) as T
}

/** The facts of a key, found again. */
export function factsOf(schema: z.ZodType): KeyMeta | undefined {
  const meta = schema.meta() as Partial<KeyMeta> | undefined
  return meta?.description === undefined || meta.by === undefined ? undefined : (meta as KeyMeta)
}

/** A table of coop.toml: a key it does not know is an error. */
export const table = z.strictObject

/** A whole number, none below zero. */
export const whole = () => z.int().nonnegative()

/** A secret: the name of an environment variable, never the secret itself. */
export const secret = z
  .string()
  .regex(
    /^env:[A-Za-z_][A-Za-z0-9_]*$/,
    'a secret stands here literally; write it as "env:NAME" and put it in the environment or in .env',
  )

export const level = z.enum(['public', 'familiar', 'inner', 'full'])

/** `channel:identifier`, exact. */
export const match = z
  .string()
  .regex(/^[a-z]+:\S+$/, 'a match is "channel:identifier", exactly as the channel names it')

export const timezone = z.string().refine(isTimezone, 'not a known time zone; write one like "Europe/Lisbon"')

/** A host name, or "*.name" for everything below one, perhaps with a port. */
export const host = z
  .string()
  .regex(
    /^(?:\*\.)?[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::\d{1,5})?$/,
    'a host is "example.com", "*.example.com" for all below it, or "example.com:8443" for another port than the web’s',
  )

/** "512M" or "4G". */
export const size = z.string().regex(/^[1-9]\d{0,5}[MG]$/, 'a size is a number with M or G, like "512M"')

/** Standard cron, five fields or six with seconds first. */
export const cronRule = z
  .string()
  .refine(isCron, 'not a cron rule; write five fields like "0 7 * * 1-5", or six with seconds first')

export const url = z.url({ protocol: /^https?$/, error: 'not an http or https address' })

/** A regular expression. */
export const pattern = z.string().refine(isPattern, 'not a valid regular expression')

function isPattern(source: string): boolean {
  try {
    new RegExp(source, 'u')
    return true
  } catch {
    return false
  }
}

/** Whether this Node knows a zone of that name (IANA). */
export function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

/** Whether `rule` is cron in five or six fields. */
export function isCron(rule: string): boolean {
  const fields = rule.trim().split(/\s+/).length
  if (fields !== 5 && fields !== 6) return false
  try {
    new CronPattern(rule)
    return true
  } catch {
    return false
  }
}
