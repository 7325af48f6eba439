// Images named by their path in a message: what a terminal pastes when a picture is dropped on it.
import { statSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, extname, resolve } from 'node:path'
import type { Attachment } from './live-link.ts'

const types: Readonly<Record<string, string>> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
}

const most = 10

/** The images that `text` names and that exist; relative paths start in `folder`. */
export function imagesIn(text: string, folder: string): Attachment[] {
  const words = text.match(/'[^'\n]+'|"[^"\n]+"|(?:\\.|[^\s\\])+/g) ?? []
  const paths = words
    .map(word => word.replace(/^(['"])(.*)\1$/, '$2').replace(/\\(.)/g, '$1'))
    .map(word => word.replace(/^file:\/\//, ''))
    .filter(word => extname(word).toLowerCase() in types)
    .map(word => resolve(folder, word.replace(/^~(?=\/)/, homedir())))
  return [...new Set(paths)]
    .filter(isFile)
    .slice(0, most)
    .map(path => ({ name: basename(path), mime: types[extname(path).toLowerCase()]!, path }))
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile()
  } catch {
    return false
  }
}
