// The tables of tool servers: programs and addresses that speak the Model Context Protocol.
import { z } from 'zod'
import { key, secret, table, url } from '../keys.ts'

const trusted = z.enum(['familiar', 'inner', 'full'], { error: 'write "familiar", "inner" or "full"' })
const names = z.array(z.string().regex(/^[\w.*/-]{1,128}$/, 'a tool is its name, with * for any letters'))
const word = z
  .string()
  .min(1)
  .max(4_000)
  .regex(/^[^\0]*$/)
const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'not the name of a variable')
const header = z.string().regex(/^[A-Za-z0-9-]{1,100}$/, 'not the name of a header')
/** A value as it stands, or "env:NAME" for one that is secret. */
const value = z
  .string()
  .max(8_000)
  .regex(/^[^\0\r\n]*$/, 'one line of text, or "env:NAME"')

const oauth = table({
  client_id: key(
    z.string().min(1).optional(),
    'The id that the service gave you; registered by itself if absent.',
    {
      by: 'terminal',
    },
  ),
  client_secret: key(secret.optional(), 'Its secret, as "env:NAME".', { by: 'terminal' }),
  scope: key(z.string().min(1).optional(), 'What is asked for; what the server names if absent.', {
    by: 'terminal',
  }),
  port: key(
    z.int().min(1_024).max(65_535).optional(),
    'The port that the browser comes back to; any if absent.',
    {
      by: 'terminal',
    },
  ),
})

/** One entry of `[[mcp]]`. */
export const mcp = table({
  name: key(
    z.string().regex(/^[a-z0-9][a-z0-9_-]{0,31}$/, 'use small letters, digits, hyphens and underscores'),
    'What the agent calls the server.',
  ),
  about: key(
    z
      .string()
      .trim()
      .max(200)
      .regex(/^[^\r\n]*$/, 'one line')
      .optional(),
    'What it is for, told to the agent.',
  ),
  command: key(
    z
      .union(
        [z.string().min(1), z.array(word).min(1, 'names no program')],
        'write the program and its arguments, as a list',
      )
      .optional(),
    'The program that serves in a box, with its arguments.',
    { by: 'terminal' },
  ),
  env: key(z.record(variable, value).default({}), 'Its environment; "env:NAME" for what is secret.', {
    by: 'terminal',
  }),
  files: key(
    z.enum(['none', 'read', 'write']).default('none'),
    'What of the workspace the program sees; never what is personal.',
    { by: 'terminal' },
  ),
  url: key(url.optional(), 'The address of a server that is not a program here.', { by: 'terminal' }),
  api_key: key(secret.optional(), 'Its key, as "env:NAME", sent as a bearer token.', { by: 'terminal' }),
  headers: key(z.record(header, value).default({}), 'Extra headers; "env:NAME" for what is secret.', {
    by: 'terminal',
  }),
  private: key(z.boolean().default(false), 'Whether its host may be in your own network.', {
    by: 'terminal',
  }),
  ca: key(
    z.string().min(1).optional(),
    'A file of certificates (PEM) to trust at its host, instead of the usual authorities.',
    { by: 'terminal' },
  ),
  oauth: oauth.optional(),
  trust: key(trusted.optional(), 'The lowest level that has it; full, or the lowest that `tools` names.'),
  tools: key(
    z
      .union([names, z.partialRecord(trusted, names)], 'write a list of tools, or a list for each level')
      .optional(),
    'Its tools that may be used: a list, or a list for each level; all if absent.',
  ),
  timeout_s: key(z.int().min(1).max(3_600).default(60), 'Seconds for one call.', {
    by: 'chat',
  }),
})
