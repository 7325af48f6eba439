// Why a tool server could not be asked, in half a line.
import { CoopError, messageOf } from '../errors.ts'
import { loginWanted } from './auth.ts'
import { inLine } from './outside.ts'
import type { ToolServer } from './server.ts'

export type Sdk = typeof import('@modelcontextprotocol/client')

/** `end` is how its program ended, if it did; `limitMs` what it had to answer in. */
export function reasonOf(
  sdk: Sdk,
  error: unknown,
  { name }: ToolServer,
  limitMs: number,
  end: string | undefined,
): string {
  if (end !== undefined && end !== 'it was ended') return inLine(end)
  if (error instanceof sdk.SdkError && error.code === sdk.SdkErrorCode.RequestTimeout)
    return `no answer within ${limitMs / 1_000} s`
  if (error instanceof sdk.SdkError && error.code === sdk.SdkErrorCode.ConnectionClosed)
    return 'the connection was closed'
  if (error instanceof sdk.UnauthorizedError || error instanceof sdk.InsufficientScopeError)
    return loginWanted(name).message
  if (error instanceof sdk.SdkHttpError) {
    const { status } = error
    if (status >= 300 && status < 400)
      return 'it sends on to another address; write that one as its url if it is the right one'
    return status === 401 || status === 403 ? loginWanted(name).message : `it answered with status ${status}`
  }
  const cause = error instanceof Error && error.cause instanceof CoopError ? error.cause : error
  return inLine(messageOf(cause))
}
