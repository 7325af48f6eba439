// The program inside a box that carries connections from its loopback port to the proxy's socket.

/** Where programs in a box find the proxy. */
const relayPort = 3128
/** Where the proxy's socket is in a box. */
export const proxyAt = '/run/egress.sock'

/** The environment by which programs find the proxy. */
export const proxyEnv: Readonly<Record<string, string>> = Object.fromEntries([
  ...['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'].map(name => [
    name,
    `http://127.0.0.1:${relayPort}`,
  ]),
  ['NODE_USE_ENV_PROXY', '1'],
])

/** Source for `node -e`; says "ready" on standard output once it listens. */
export const relaySource = `(${relay})(require('node:net'), '${proxyAt}', ${relayPort})`

/** Stands on its own: its text is what runs in the box. */
function relay(net: typeof import('node:net'), socketPath: string, port: number): void {
  const server = net.createServer({ allowHalfOpen: true }, client => {
    const proxy = net.connect({ path: socketPath, allowHalfOpen: true })
    client.on('error', () => proxy.destroy())
    proxy.on('error', () => client.destroy())
    client.pipe(proxy)
    proxy.pipe(client)
  })
  // It works for the command that it was started beside, and ends with it even where nothing else sees to that.
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid)
  }, 500).unref()
  server.listen(port, '127.0.0.1', () => process.stdout.end('ready\n'))
}
