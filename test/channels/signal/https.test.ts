// Requests to Signal's hosts over connections that are kept.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { test } from 'node:test'
import { fetchHttps } from '../../../channels/signal/https.ts'
import { authority, certificate, key } from '../../support/certificate.ts'

test('a kept connection that the server has closed meanwhile costs no answer: what only reads is asked again', async () => {
  const asked = new Map<Socket, number>()
  const server = createServer({ key, cert: certificate }, (request, response) => {
    const before = asked.get(request.socket) ?? 0
    asked.set(request.socket, before + 1)
    // As when it had closed the connection just before the request came.
    if (before > 0) return void request.socket.destroy()
    response.end(`connection ${asked.size}`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const url = `https://localhost:${(server.address() as AddressInfo).port}/`
    const get = () => fetchHttps({ method: 'GET', url, ca: authority, mostBytes: 100 })
    assert.equal(Buffer.from((await get()).body).toString(), 'connection 1')
    assert.equal(Buffer.from((await get()).body).toString(), 'connection 2')
    await assert.rejects(
      fetchHttps({ method: 'PUT', url, ca: authority, body: new Uint8Array(1), mostBytes: 100 }),
    )
  } finally {
    server.closeAllConnections()
    server.close()
  }
})
