// Whether Signal asks for proof that a person sends: known until whom it held up gets something again.

export interface Proof {
  /** The server held up a message to this account, or took one. */
  note(recipient: string, asked: boolean): void
  /** What somebody has to do; undefined while nothing is asked. */
  wanted(): string | undefined
}

export const proofWanted =
  'Signal asks for proof that a person sends: open Signal on the phone, write to somebody and answer what it asks; until then replies wait'

export function openProof(): Proof {
  // By account: what goes out sealed to one says nothing of what goes openly to another.
  const heldUp = new Set<string>()
  return {
    note(recipient, asked) {
      if (asked) heldUp.add(recipient)
      else heldUp.delete(recipient)
    },
    wanted: () => (heldUp.size > 0 ? proofWanted : undefined),
  }
}
