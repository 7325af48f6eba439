// Files that a provider would not look at: left out and remembered, since one bad file would end a conversation.
import type { ModelRequest } from '../model.ts'
import { type File, isFile, named } from './fitted.ts'

export interface RefusedFiles {
  /** The request without the files that this model refused before. */
  without(request: ModelRequest): ModelRequest
  /** The request with ever fewer files: without those of the newest message that has some, then without all. */
  fewer(request: ModelRequest): { readonly request: ModelRequest; readonly remember: () => void }[]
}

export function refusedFiles(): RefusedFiles {
  const refused = new Set<string>()
  const reason = 'was refused by the provider: it may be damaged, protected or too large'
  return {
    without: request =>
      refused.size === 0
        ? request
        : named(request, file => (refused.has(keyOf(request, file)) ? reason : null)),
    fewer(request) {
      const holding = request.messages.filter(({ blocks }) => blocks.some(isFile))
      const groups = holding.length > 1 ? [holding.slice(-1), holding] : [holding]
      return groups
        .filter(group => group.length > 0)
        .map(group => {
          const gone = new Set(group.flatMap(({ blocks }) => blocks.filter(isFile)))
          return {
            request: named(request, file => (gone.has(file) ? reason : null)),
            remember: () => {
              for (const file of gone) refused.add(keyOf(request, file))
            },
          }
        })
    },
  }
}

/** A file by its size and its end, which no two files share: hashing megabytes in each request would cost more. */
const keyOf = ({ model }: ModelRequest, { data }: File): string =>
  `${model} ${data.length} ${data.slice(-400)}`
