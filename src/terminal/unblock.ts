// A terminal that stops reading must not stop the process that writes to it, nor a gateway that lives in that process.

/** A stream of Node, with the handle under it. */
interface Handled {
  readonly isTTY?: boolean | undefined
  readonly _handle?: { setBlocking?(blocking: boolean): void }
}

/** Node writes to a terminal blockingly; from here on what is not read waits in memory. */
export function unblock(stream: object): void {
  const { isTTY, _handle } = stream as Handled
  if (isTTY) _handle?.setBlocking?.(false)
}
