// Tools as the model is told of them: the same objects each time, since their bytes are cached.
import { z } from 'zod'
import type { Tool } from '../tools/tool.ts'
import { leanSchema } from './lean-schema.ts'
import type { ToolSpec } from './model.ts'
import { countTokens } from './tokens.ts'

const told = new WeakMap<Tool, { readonly spec: ToolSpec; readonly tokens: number }>()
/** A tool whose description changes keeps its arguments. */
const schemas = new WeakMap<Tool['input'], Record<string, unknown>>()

/** A tool as a request holds it. */
export const specOf = (tool: Tool): ToolSpec => toldOf(tool).spec

/** Estimated tokens of tools in a request. */
export const specTokens = (tools: readonly Tool[]): number =>
  tools.reduce((sum, tool) => sum + toldOf(tool).tokens, 0)

function toldOf(tool: Tool) {
  let known = told.get(tool)
  if (!known) {
    const spec = { name: tool.name, description: tool.description, schema: schemaOf(tool.input) }
    told.set(tool, (known = { spec, tokens: countTokens(JSON.stringify(spec)) }))
  }
  return known
}

function schemaOf(input: Tool['input']): Record<string, unknown> {
  let schema = schemas.get(input)
  if (!schema) schemas.set(input, (schema = leanSchema(z.toJSONSchema(input, { io: 'input' }))))
  return schema
}
