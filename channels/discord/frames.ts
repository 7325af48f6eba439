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
  let tail = Buffer.alloc(0)
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
      tail = Buffer.concat([tail, data]).subarray(-4)
      const isWhole = data.length > 0 && tail.equals(flushed)
      inflate.write(data, error => {
        if (error || !isWhole) return
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

/** A flushed payload ends so; a long one may come in several pieces, cut anywhere. */
const flushed = Buffer.from([0, 0, 0xff, 0xff])
