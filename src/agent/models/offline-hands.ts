// What the offline model understands of files, commands, the web and helpers.
import { call, type Rule } from './offline-rule.ts'

/** A rule that calls `tool` with what its pattern found. */
const plain = (tool: string, pattern: RegExp, input: (found: RegExpExecArray) => object): Rule => ({
  pattern,
  tool,
  say: (found, request) => call(request, tool, input(found)),
})

/** Text without the quotes that somebody put around it. */
const bare = (text: string): string => /^["“'‘`]([\s\S]*)["”'’`]$/.exec(text)?.[1] ?? text

const file = String.raw`(?:the file )?(\S*[./]\S*?)`

export const handRules: readonly Rule[] = [
  plain('bash', /^(?:(?:please )?(?:run|execute)(?: the command)?:? |\$ )([\s\S]+)$/i, ([, command]) => ({
    command: bare(command!),
  })),
  plain(
    'web_fetch',
    /^(?:please )?(?:fetch|open|read|look at|show(?: me)?) (https?:\/\/\S+?)[.?]?$/i,
    ([, url]) => ({ url }),
  ),
  plain('web_search', /^(?:please )?search the web(?: for)? ([\s\S]+?)\??$/i, ([, query]) => ({ query })),
  plain('read_file', new RegExp(`^(?:please )?(?:read|open|show(?: me)?) ${file}[?]?$`, 'i'), ([, path]) => ({
    path,
  })),
  plain(
    'write_file',
    new RegExp(`^(?:please )?(?:write|save|put) ([\\s\\S]+?) (?:in|to|into|as) ${file}$`, 'i'),
    ([, text, path]) => ({ path, content: `${bare(text!)}\n` }),
  ),
  plain(
    'write_file',
    new RegExp(
      `^(?:please )?(?:make|create) (?:a |the )?(?:new )?(?:file )?(?:called |named )?${file} (?:with|that says|saying|containing):? ([\\s\\S]+)$`,
      'i',
    ),
    ([, path, text]) => ({ path, content: `${bare(text!)}\n` }),
  ),
  plain(
    'edit_file',
    new RegExp(`^(?:please )?(?:replace|change) ([\\s\\S]+?) (?:with|to|by) ([\\s\\S]+?) in ${file}$`, 'i'),
    ([, old, fresh, path]) => ({ path, edits: [{ old: bare(old!), new: bare(fresh!) }] }),
  ),
  plain('grep', /^(?:please )?(?:grep|search (?:the |my )?files)(?: for)? ([\s\S]+?)\??$/i, ([, words]) => ({
    pattern: bare(words!).replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`),
    ignore_case: true,
  })),
  plain('glob', /^(?:please )?find (?:the )?(?:files? )?(\S*[*?]\S*)$/i, ([, pattern]) => ({ pattern })),
  plain(
    'glob',
    /^(?:list (?:the |my )?files|(?:which|what) files (?:are there|do you (?:have|see)))\??$/i,
    () => ({
      pattern: '**',
    }),
  ),
  plain('send_file', new RegExp(`^(?:please )?send (?:me )?${file}$`, 'i'), ([, path]) => ({ path })),
  plain('skill', /^(?:please )?(?:use|read) the skill (\S+?)\.?$/i, ([, name]) => ({ name })),
  plain('subagent', /^(?:please )?(?:let|have) a (?:helper|subagent) ([\s\S]+)$/i, ([, task]) => ({
    action: 'spawn',
    task: task!.trim(),
  })),
  plain(
    'memory_search',
    /^(?:what did we (?:say|talk) about|search (?:our|past) conversations for) (.+?)\??$/i,
    ([, query]) => ({ action: 'sessions', query }),
  ),
]

const examples: readonly (readonly [tool: string, words: string])[] = [
  ['bash', 'run ls -la'],
  ['write_file', 'write “buy milk” to notes.md'],
  ['memory_write', 'remember that Bob likes tea'],
  ['schedule', 'remind me in ten minutes to call'],
  ['read_file', 'read notes.md'],
  ['todo', 'todo: milk; bread'],
]

/** Three sentences to try, of those whose tools are there. */
export const examplesFor = (tools: readonly { readonly name: string }[]): string =>
  examples
    .filter(([tool]) => tools.some(({ name }) => name === tool))
    .slice(0, 3)
    .map(([, words]) => `“${words}”`)
    .join(', ')
