// The service definitions as text: a systemd user unit and a launchd agent, from the facts of one home.
import { createHash } from 'node:crypto'
import { basename } from 'node:path'

export interface ServiceFacts {
  readonly node: string
  /** The program that Node runs. */
  readonly program: string
  /** The coop.toml of the home. */
  readonly config: string
  readonly home: string
  /** Where the log of the service's own beginning goes; launchd alone needs it. */
  readonly startLog: string
}

/** One name a home, so that several live side by side; the usual home is plainly `coop`. */
export function serviceName(home: string, usualHome: string): string {
  if (home === usualHome) return 'coop'
  const word = basename(home)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
  return `coop-${word || 'home'}-${createHash('sha256').update(home).digest('hex').slice(0, 6)}`
}

/** Seconds without a sign of life before systemd starts the gateway again. */
const watchdogSeconds = 60

/**
 * A systemd user unit. It is started again after every failure, ever more slowly up to five minutes, and never
 * given up (before systemd 254, which knows no steps, every five seconds); an orderly `coop stop` stays stopped. Namespaces are left open, since the box is made of them.
 */
export function systemdUnit(facts: ServiceFacts): string {
  const words = [facts.node, facts.program, '--config', facts.config, 'start'].map(systemdWord).join(' ')
  return `[Unit]
Description=Coop gateway of ${systemdText(facts.home)}
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=all
ExecStart=${words}
WorkingDirectory=${systemdText(facts.home)}
Restart=on-failure
RestartSec=5
RestartSteps=8
RestartMaxDelaySec=300
WatchdogSec=${watchdogSeconds}
TimeoutStartSec=60
TimeoutStopSec=60
KillMode=mixed
UMask=0077
LimitCORE=0
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native

[Install]
WantedBy=default.target
`
}

/** A launchd agent, started at login and again after every failure. */
export function launchdPlist(label: string, facts: ServiceFacts): string {
  const words = [facts.node, facts.program, '--config', facts.config, 'start']
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${xml(label)}</string>
  <key>ProgramArguments</key>
  <array>
${words.map(word => `    <string>${xml(word)}</string>`).join('\n')}
  </array>
  <key>WorkingDirectory</key>
  <string>${xml(facts.home)}</string>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>ThrottleInterval</key>
  <integer>10</integer>
  <key>ExitTimeOut</key>
  <integer>60</integer>
  <key>ProcessType</key>
  <string>Background</string>
  <key>Umask</key>
  <integer>63</integer>
  <key>StandardOutPath</key>
  <string>${xml(facts.startLog)}</string>
  <key>StandardErrorPath</key>
  <string>${xml(facts.startLog)}</string>
</dict>
</plist>
`
}

/** `%` names a specifier; a control character would begin another line. */
const systemdText = (text: string): string => text.replace(/[\u0000-\u001f]/g, ' ').replaceAll('%', '%%')

/** A word of ExecStart: quoted, with `$` doubled so that no variable is read. */
const systemdWord = (word: string): string =>
  `"${systemdText(word).replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('$', '$$$$')}"`

const xml = (text: string): string =>
  text.replace(/[\u0000-\u001f]/g, ' ').replace(/[<>&"']/g, found => `&#${found.charCodeAt(0)};`)
