// coop completion: what a shell can complete, made from the table of commands.

import { CoopError } from '../errors.ts'
import { type Command, exit, type Listed } from './command.ts'

/** A command's name with the words and flags that may follow it. */
export interface Completable {
  readonly name: string
  readonly summary: string
  readonly words: readonly string[]
}

/** The command, over the table of all commands. */
export const completionOf = (commands: Readonly<Record<string, Listed>>): Command => ({
  name: 'completion',
  usage: ['completion bash|zsh|fish'],
  summary: 'print the completion for a shell',
  async run([shell], cli) {
    const render = shell && Object.hasOwn(shells, shell) ? shells[shell as keyof typeof shells] : undefined
    if (!render) throw new CoopError('usage_wrong', 'Say for which shell: bash, zsh or fish.')
    cli.stdout.write(render(completables(commands)))
    return exit.done
  },
})

/** Taken from the usage lines, so that they cannot disagree with the help. */
export function completables(commands: Readonly<Record<string, Listed>>): Completable[] {
  return Object.entries(commands)
    .filter(([name]) => name !== '')
    .map(([name, { usage, summary }]) => {
      const rest = usage.slice(`coop ${name}`.length)
      return {
        name,
        summary,
        words: [...new Set(rest.match(/--[a-z][a-z-]*|(?<![A-Za-z-])[a-z]{2,}/g) ?? [])],
      }
    })
}

const shells = {
  bash: (
    known: readonly Completable[],
  ) => `# bash completion for coop; load it with: eval "$(coop completion bash)"
_coop() {
  local word="\${COMP_WORDS[COMP_CWORD]}" at=1
  [ "\${COMP_WORDS[1]}" = --config ] && [ "$COMP_CWORD" -gt 2 ] && at=3
  local command="\${COMP_WORDS[$at]}"
  if [ "$COMP_CWORD" -eq "$at" ]; then
    COMPREPLY=($(compgen -W "--config ${known.map(one => one.name).join(' ')} help" -- "$word"))
    return
  fi
  case "$command" in
${known.map(one => `    ${one.name}) COMPREPLY=($(compgen -W "${one.words.join(' ')}" -- "$word")) ;;`).join('\n')}
    help) COMPREPLY=($(compgen -W "${known.map(one => one.name).join(' ')}" -- "$word")) ;;
  esac
  [ \${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$word"))
}
complete -F _coop coop
`,
  zsh: (known: readonly Completable[]) => `#compdef coop
# zsh completion for coop; load it with: eval "$(coop completion zsh)"
_coop() {
  local -a names
  names=(
${known.map(one => `    '${one.name}:${single(one.summary).replaceAll(':', '\\:')}'`).join('\n')}
    'help:list the commands'
  )
  local at=2
  [[ "$words[2]" == --config ]] && (( CURRENT > 3 )) && at=4
  if (( CURRENT == at )); then
    _describe 'command' names
    return
  fi
  case "$words[$at]" in
${known.map(one => `    ${one.name}) compadd -- ${one.words.join(' ')} ;;`).join('\n')}
  esac
  _files
}
compdef _coop coop
`,
  fish: (
    known: readonly Completable[],
  ) => `# fish completion for coop; load it with: coop completion fish | source
function __coop_first
  not __fish_seen_subcommand_from ${known.map(one => one.name).join(' ')} help
end
${known
  .flatMap(one => [
    `complete -c coop -n __coop_first -f -a ${one.name} -d '${single(one.summary)}'`,
    ...one.words.map(word =>
      word.startsWith('--')
        ? `complete -c coop -n '__fish_seen_subcommand_from ${one.name}' -l ${word.slice(2)}`
        : `complete -c coop -n '__fish_seen_subcommand_from ${one.name}' -a ${word}`,
    ),
  ])
  .join('\n')}
complete -c coop -l config -r -d 'the coop.toml of a home'
`,
}

const single = (text: string): string => text.replaceAll("'", '’')
