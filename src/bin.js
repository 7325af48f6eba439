#!/usr/bin/env node
// Starts Coop on the Node it needs, or says plainly what is missing.
import { existsSync } from 'node:fs'

const major = Number(process.versions.node.split('.')[0])
if (major < 24) {
  process.stderr.write(
    `Coop needs Node.js 24 or later; this is ${process.version}. Install it from your system or with "npm install -g --allow-scripts=node node@24".\n`,
  )
  process.exitCode = 1
} else {
  // Loaded here: an older Node, which has to come as far as the line above, does not know all of these names.
  const { enableCompileCache } = await import('node:module')
  const { setFlagsFromString } = await import('node:v8')
  enableCompileCache()
  // A young generation that stays small: a gateway idles most of its life, and keeps what it once took.
  setFlagsFromString('--semi-space-growth-factor=1')
  const source = new URL('./main.ts', import.meta.url)
  const { main } = await import(
    existsSync(source) ? source.href : new URL('../dist/src/main.js', import.meta.url).href
  )
  await main(process.argv.slice(2))
}
