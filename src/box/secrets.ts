// Which files hold credentials by their name: hidden in every box, at every level.
import { CoopError } from '../errors.ts'
import { globSource } from '../tools/glob-pattern.ts'

const folders = new Set(['.ssh', '.aws', '.gnupg', '.kube', '.azure', '.password-store', '.docker'])
const files = new Set([
  '.npmrc',
  '.netrc',
  '_netrc',
  '.pgpass',
  '.pypirc',
  '.git-credentials',
  '.htpasswd',
  '.vault-token',
  'credentials.json',
  'service-account.json',
])
const patterns = [
  /^\.env/,
  /^id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?$/,
  /\.(?:pem|key|p12|pfx|jks|keystore|ppk|kdbx|asc\.key)$/,
]

/** Judges an entry by its name and its path from the workspace's root. */
export type Secret = (path: string, name: string, isFolder: boolean) => boolean

/** The rule, with the lines of a .coopignore added to it. */
export function secretRule(coopignore: string): Secret {
  const ignored = coopignore.split('\n').flatMap(ignoreLine)
  return (path, name, isFolder) => {
    const word = name.toLowerCase()
    if (isFolder ? folders.has(word) : files.has(word)) return true
    // Packages ship keys to test with; their own settings files still count.
    const known = path.includes('node_modules/') ? patterns.slice(0, 1) : patterns
    if (known.some(pattern => pattern.test(word))) return true
    const plain = path.normalize()
    return ignored.some(line => (isFolder || !line.foldersOnly) && line.matches.test(plain))
  }
}

/** A line as in a .gitignore, in whatever case and however its letters are composed: better one more is hidden. A negation is not understood and hides nothing, so nothing is shown by it. */
function ignoreLine(line: string): { matches: RegExp; foldersOnly: boolean }[] {
  const text = line.trim().normalize()
  if (text === '' || text.startsWith('#') || text.startsWith('!')) return []
  const foldersOnly = text.endsWith('/')
  const body = text.replace(/\/$/, '')
  const anchored = body.includes('/')
  const source = globSource(anchored ? body.replace(/^\//, '') : `**/${body}`)
  try {
    return [{ matches: new RegExp(`^${source}$`, 'iu'), foldersOnly }]
  } catch (cause) {
    throw new CoopError('box_failed', `The line "${text}" of .coopignore is no pattern; mend it.`, { cause })
  }
}
