// Puts the gateway under the care of the system's own supervisor, and takes it out again.
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { CoopError, messageOf } from '../../errors.ts'
import { launchdPlist, type ServiceFacts, serviceName, systemdUnit } from './unit.ts'

const run = promisify(execFile)
/** As long as a supervisor waits for running turns. */
const endMs = 60_000
const pollMs = 250

export interface Service {
  readonly name: string
  /** Where its definition lies. */
  readonly path: string
  readonly text: string
  readonly enable: readonly Step[]
  readonly disable: readonly Step[]
  readonly stop: Step
  readonly restart: Step
  /** Ends with status 0 while the service runs. */
  readonly isActive: Step
}

type Step = readonly [program: string, ...args: string[]]

/** The service of one home on this system. Throws `not_permitted` where there is no supervisor that is known. */
export function serviceOf(
  facts: ServiceFacts,
  { platform, usualHome, configHome }: { platform: string; usualHome: string; configHome: string },
): Service {
  const name = serviceName(facts.home, usualHome)
  if (platform === 'linux') {
    const unit = `${name}.service`
    const ctl = (...args: string[]): Step => ['systemctl', '--user', ...args]
    return {
      name,
      path: join(configHome, 'systemd', 'user', unit),
      text: systemdUnit(facts),
      enable: [ctl('daemon-reload'), ctl('enable', '--now', unit)],
      disable: [ctl('disable', '--now', unit)],
      stop: ctl('stop', unit),
      restart: ctl('restart', unit),
      isActive: ctl('is-active', '--quiet', unit),
    }
  }
  if (platform === 'darwin') {
    const label = `local.${name}`
    const path = join(homedir(), 'Library', 'LaunchAgents', `${label}.plist`)
    const domain = `gui/${process.getuid?.() ?? 0}`
    return {
      name: label,
      path,
      text: launchdPlist(label, facts),
      enable: [['launchctl', 'bootstrap', domain, path]],
      disable: [['launchctl', 'bootout', `${domain}/${label}`]],
      stop: ['launchctl', 'kill', 'TERM', `${domain}/${label}`],
      restart: ['launchctl', 'kickstart', '-k', `${domain}/${label}`],
      isActive: ['launchctl', 'print', `${domain}/${label}`],
    }
  }
  throw new CoopError(
    'not_permitted',
    `Coop installs itself under systemd and launchd; on ${platform}, let your own supervisor run \`coop start\`.`,
  )
}

/** Whether the definition is there. */
export const isInstalled = (service: Service): boolean => existsSync(service.path)

/**
 * Writes the definition and starts the service. Returns whether it also starts at boot, without a login. Where the
 * supervisor refuses, the definition is as it was before: one that nobody starts would stand in the way of `coop start`.
 */
export async function install(service: Service, user: string): Promise<{ readonly atBoot: boolean }> {
  const before = isInstalled(service) ? readFileSync(service.path) : null
  // A supervisor that runs the service by an older definition would go on with that.
  if (before && (await isServiceActive(service))) await end(service)
  mkdirSync(dirname(service.path), { recursive: true })
  writeFileSync(service.path, service.text, { mode: 0o600 })
  try {
    for (const step of service.enable) await take(step)
  } catch (error) {
    if (before) writeFileSync(service.path, before)
    else rmSync(service.path, { force: true })
    throw error
  }
  if (service.enable[0]?.[0] !== 'systemctl') return { atBoot: false }
  return run('loginctl', ['enable-linger', user]).then(
    () => ({ atBoot: true }),
    () => ({ atBoot: false }),
  )
}

/** Stops the service and removes its definition. */
export async function uninstall(service: Service): Promise<void> {
  await end(service)
  rmSync(service.path, { force: true })
  if (service.enable[0]?.includes('daemon-reload')) await take(service.enable[0]).catch(() => {})
}

async function end(service: Service): Promise<void> {
  for (const step of service.disable) await take(step).catch(() => {})
  for (const begun = Date.now(); Date.now() - begun < endMs && (await isServiceActive(service)); )
    await sleep(pollMs)
}

export const restartService = (service: Service): Promise<void> => take(service.restart)

/** Whether it runs right now. */
export const isServiceActive = (service: Service): Promise<boolean> =>
  take(service.isActive).then(
    () => true,
    () => false,
  )

async function take([program, ...args]: Step): Promise<void> {
  try {
    await run(program, args)
  } catch (cause) {
    const said = (cause as { stderr?: string }).stderr?.trim().split('\n')[0] || messageOf(cause)
    const busHint = program === 'systemctl' && /bus/.test(said) ? busHintText : ''
    throw new CoopError(
      'service_failed',
      `\`${[program, ...args].join(' ')}\` failed: ${said.replace(/\.$/, '')}.${busHint}`,
      { cause },
    )
  }
}

const busHintText =
  ' This user has no systemd of their own here: log in as them directly (not by su or sudo), or run `sudo loginctl enable-linger` for them and log in again; without a service, `coop start --detach` does.'
