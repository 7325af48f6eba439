// The pages that are written from the sources: path to text.
import { configPage } from '../../src/config/describe.ts'
import { faults } from '../../src/errors.ts'
import { protocolPage } from '../../src/protocol/describe.ts'

export const pages: Readonly<Record<string, () => string>> = {
  'docs/config.md': configPage,
  'docs/errors.md': errorsPage,
  'docs/protocol.md': protocolPage,
}

function errorsPage(): string {
  const rows = Object.entries(faults).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`)
  return `# Errors

<!-- Written from src/errors.ts by \`npm run docs\`; a test holds it to that. -->

Every fault that an operator can meet has a stable code. The message beside it says, in one line, what to do in the case at hand; a client of the protocol finds the code in \`data.fault\`.

| code | meaning |
|---|---|
${rows.join('\n')}
`
}
