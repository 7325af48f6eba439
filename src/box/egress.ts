// What a box may reach: decided on the name before anything is resolved.
import { BlockList, isIP } from 'node:net'

export type Egress =
  | { readonly kind: 'none' }
  /** Exact names, or "*.name" for everything below one, for the web; with ":port" for that port alone. */
  | { readonly kind: 'allow'; readonly hosts: readonly string[] }
  | { readonly kind: 'open' }

export type HostVerdict =
  | { readonly kind: 'allow'; readonly host: string }
  | { readonly kind: 'refuse'; readonly reason: string }

const label = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/

/** A list opens a name to what the web is reached by: a host that may be read is not one to send mail through. */
const webPorts = [80, 443]

/** Whether `host` may be looked up and dialled. Addresses never may: they would pass by every name. */
export function judgeHost(egress: Egress, host: string, port = 443): HostVerdict {
  const refuse = (reason: string): HostVerdict => ({ kind: 'refuse', reason })
  if (egress.kind === 'none') return refuse('this level reaches no network')
  const name = host.toLowerCase().replace(/\.$/, '')
  if (isIP(name.replace(/^\[|\]$/g, '')) !== 0) return refuse('an address is not a name')
  const labels = name.split('.')
  if (name.length > 253 || !labels.every(part => label.test(part))) return refuse('not a host name')
  // A last label of digits (or 0x…) is an address in disguise: 2130706433, 0x7f.1, 127.1.
  if (/^(?:\d+|0x[0-9a-f]*)$/.test(labels.at(-1)!)) return refuse('an address is not a name')
  if (labels.length < 2 || /(?:^|\.)(?:localhost|local|internal|lan|home\.arpa)$/.test(name)) {
    return refuse('a name of the local network')
  }
  if (egress.kind === 'allow' && !egress.hosts.some(rule => matches(rule.toLowerCase(), name, port))) {
    return refuse('not on the list of allowed hosts')
  }
  return { kind: 'allow', host: name }
}

const closed = new BlockList()
const openV6 = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  closed.addSubnet(network, prefix, 'ipv4')
}
// Of IPv6 only the global range counts, less what embeds or documents other addresses.
openV6.addSubnet('2000::', 3, 'ipv6')
for (const [network, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const) {
  closed.addSubnet(network, prefix, 'ipv6')
}

/** Whether an address is on the public internet. Registries: IANA special-purpose addresses. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address)
  if (family === 4) return !closed.check(address, 'ipv4')
  return family === 6 && openV6.check(address, 'ipv6') && !closed.check(address, 'ipv6')
}

function matches(entry: string, name: string, port: number): boolean {
  const [rule = '', only] = entry.split(':')
  if (only === undefined ? !webPorts.includes(port) : Number(only) !== port) return false
  return rule.startsWith('*.') ? name.endsWith(rule.slice(1)) && name.length > rule.length - 1 : name === rule
}
