// The gateway's compressed stream back to its payloads: one zlib stream a connection, each payload flushed whole.
import { constants, createInflate } from 'node:zlib'
import type { GatewayReceivePayload } from 'discord-api-types/v10'

export interface Frames extends Disposable {
  /** Takes the next piece of the stream, or a payload that came as text. */
  take(data: Buffer, compressed: boolean): void
}

/** Calls `onPayload` in order; `onFault` once, if the stream cannot be read. */
export function openFrames(
  onPayload: (payload: GatewayReceivePayload) => void,
  onFault: (error: Error) => void,
): Frames {
  const inflate = createInflate({ flush: constants.Z_SYNC_FLUSH })
  let pieces: Buffer[] = []
  inflate.on('data', piece => pieces.push(piece))
  inflate.on('error', onFault)

  function read(text: string): void {
    let payload: GatewayReceivePayload
    try {
      payload = JSON.parse(text)
    } catch (error) {
      return onFault(error as Error)
    }
    onPayload(payload)
  }

  return {
    take(data, compressed) {
      if (!compressed) return read(data.toString('utf8'))
      inflate.write(data, error => {
        if (error || !isWhole(data)) return
        const whole = Buffer.concat(pieces)
        pieces = []
        read(whole.toString('utf8'))
      })
    },
    [Symbol.dispose]() {
      inflate.removeAllListeners('data')
      inflate.destroy()
    },
  }
}

/** A flushed payload ends so; a long one may come in several pieces. */
const isWhole = (data: Buffer): boolean => data.length >= 4 && data.readUInt32BE(data.length - 4) === 0xffff
