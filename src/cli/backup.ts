// coop backup and coop restore: a home in one file, and back.
import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { loadConfig } from '../config/load.ts'
import { CoopError } from '../errors.ts'
import { coopVersion, migrationsFolder } from '../package.ts'
import { packHome } from './archive/pack.ts'
import { unpackHome } from './archive/unpack.ts'
import { askSecret } from './ask.ts'
import { type Command, exit } from './command.ts'
import { openConfig } from './home.ts'

const shortestPassphrase = 8

export const backup: Command = {
  name: 'backup',
  usage: ['backup FILE [--with-keys]'],
  summary: 'one consistent archive of the home, while it runs',
  async run(args, cli) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { 'with-keys': { type: 'boolean' } },
    })
    const [file] = positionals
    if (!file) throw new CoopError('usage_wrong', 'Say where to: `coop backup FILE`.')
    const config = openConfig(cli)
    let passphrase: string | undefined
    if (values['with-keys']) {
      passphrase = await askSecret(cli, 'A passphrase for the keys: ')
      if (passphrase.length < shortestPassphrase)
        throw new CoopError('input_invalid', `A passphrase has at least ${shortestPassphrase} characters.`)
      if (cli.stdin.isTTY && (await askSecret(cli, 'Once more: ')) !== passphrase)
        throw new CoopError('input_invalid', 'The two passphrases differ.')
    }
    const packed = await packHome({ config, file, version: coopVersion(), passphrase, now: new Date() })
    cli.stdout.write(`${packed.files.length} files are in ${resolve(file)}.\n`)
    cli.stdout.write(
      passphrase === undefined
        ? 'Keys (.env, Signal’s, logins at tool servers) are not in it; --with-keys puts them in under a passphrase.\n'
        : `Under the passphrase: ${packed.keys.join(', ') || 'no keys, there are none'}.\n`,
    )
    for (const outside of [config.paths.workspace, resolve(config.home, config.settings.memory.db_path)])
      if (!outside.startsWith(config.home))
        cli.stderr.write(`Not in it, since it lies outside of the home: ${outside}\n`)
    return exit.done
  },
}

export const restore: Command = {
  name: 'restore',
  usage: ['restore FILE [--dir D] [--without-keys]'],
  summary: 'make a home from an archive',
  async run(args, cli) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { dir: { type: 'string' }, 'without-keys': { type: 'boolean' } },
    })
    const [file] = positionals
    if (!file) throw new CoopError('usage_wrong', 'Say what: `coop restore FILE`.')
    const dir = resolve(values.dir ?? cli.surroundings.home)
    const { manifest, keys } = await unpackHome({
      file,
      dir,
      passphrase: async () =>
        values['without-keys'] ? undefined : askSecret(cli, 'The passphrase of the keys: '),
      knownSchema: readdirSync(migrationsFolder('coop')).length,
    })
    loadConfig(join(dir, 'coop.toml'))
    cli.stdout.write(
      `${manifest.files.length} files of ${manifest.createdAt} are whole and in ${dir}.\n${
        keys.length > 0
          ? `Keys: ${keys.join(', ')}.\n`
          : `Keys are not among them; write them into ${join(dir, '.env')} (mode 0600).\n`
      }Next: \`coop --config ${join(dir, 'coop.toml')} check\`, then start it.\n`,
    )
    return exit.done
  },
}
