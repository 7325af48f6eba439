// Which Signal service to talk to: production, or a test server on this machine.
import { readFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { Net, PublicKey } from '@signalapp/libsignal-client'
import { CoopError } from '../../src/errors.ts'
import { fromBase64 } from './bytes.ts'
import * as production from './constants.ts'

/** The table `[channels.signal]`. */
export interface SignalSettings {
  readonly db_path: string
  readonly verbose: boolean
  readonly test_server?: TestServer | undefined
}

/** A server on loopback that speaks Signal's protocol. */
interface TestServer {
  readonly port: number
  /** A PEM file. */
  readonly ca: string
  /** Base64 of the public key that signs sealed-sender certificates. */
  readonly trust_root: string
  /** Base64 of the server's public parameters. */
  readonly zk_params: string
  readonly storage_url: string
  readonly cdn_url: string
}

export interface Service {
  readonly net: Net.Net
  readonly trustRoots: readonly PublicKey[]
  readonly zkParams: Uint8Array<ArrayBuffer>
  /** PEM of whoever signs the storage and CDN hosts. */
  readonly ca: string
  readonly storageUrl: string
  cdnUrl(number: number): string | undefined
}

/** The service that the settings name. `home` is where relative paths start. */
export function openService(settings: SignalSettings, home: string): Service {
  const test = settings.test_server
  if (!test) {
    return {
      net: new Net.Net({ env: Net.Environment.Production, userAgent: production.userAgent }),
      trustRoots: production.trustRoots.map(root => PublicKey.deserialize(fromBase64(root))),
      zkParams: fromBase64(production.zkParams),
      ca: production.certificateAuthority,
      storageUrl: production.storageUrl,
      cdnUrl: number => production.cdnUrls[number],
    }
  }
  for (const address of [test.storage_url, test.cdn_url]) loopbackOnly(address)
  const ca = readFileSync(pathIn(home, test.ca), 'utf8')
  return {
    net: new Net.Net({
      localTestServer: true,
      userAgent: production.userAgent,
      TESTING_localServer_chatPort: test.port,
      TESTING_localServer_cdsiPort: test.port,
      TESTING_localServer_svr2Port: test.port,
      TESTING_localServer_svrBPort: test.port,
      TESTING_localServer_rootCertificateDer: derOf(ca),
      TESTING_localServer_httpVersion: 2,
    }),
    trustRoots: [PublicKey.deserialize(fromBase64(test.trust_root))],
    zkParams: fromBase64(test.zk_params),
    ca,
    storageUrl: test.storage_url,
    // The paths of the mock server that Signal publishes.
    cdnUrl: number => (number === 3 ? `${test.cdn_url}/cdn3` : test.cdn_url),
  }
}

/** A path of the settings as an absolute one. */
export const pathIn = (home: string, path: string): string => (isAbsolute(path) ? path : join(home, path))

function loopbackOnly(address: string): void {
  const { hostname } = new URL(address)
  if (['localhost', '127.0.0.1', '[::1]'].includes(hostname)) return
  throw new CoopError(
    'config_invalid',
    `channels.signal.test_server names ${hostname}; a test server is on this machine only.`,
  )
}

function derOf(pem: string): Uint8Array<ArrayBuffer> {
  return fromBase64(pem.replace(/-----(BEGIN|END) CERTIFICATE-----/g, '').replace(/\s/g, ''))
}
