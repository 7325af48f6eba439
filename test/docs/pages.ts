// The pages that are written from the sources: path to text.
import { configPage } from '../../src/config/describe.ts'
import { protocolPage } from '../../src/protocol/describe.ts'

export const pages: Readonly<Record<string, () => string>> = {
  'docs/config.md': configPage,
  'docs/protocol.md': protocolPage,
}
