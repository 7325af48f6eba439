// Payloads with something missing or of another type: what a platform may send some day.
import fc from 'fast-check'

type Json = unknown

/** One of `payloads` with up to three of its fields gone or replaced. */
export const maimed = <T>(payloads: readonly T[]): fc.Arbitrary<T> =>
  fc
    .tuple(
      fc.constantFrom(...payloads),
      fc.array(fc.tuple(fc.nat(), fc.constantFrom<Json>(undefined, null, 7, 'x', [], {}, true)), {
        minLength: 1,
        maxLength: 3,
      }),
    )
    .map(([payload, wounds]) =>
      wounds.reduce<T>((wounded, [which, instead]) => {
        const copy = structuredClone(wounded)
        const spots = spotsIn(copy)
        const spot = spots[which % Math.max(spots.length, 1)]
        if (spot) spot.holder[spot.key] = instead
        return copy
      }, payload),
    )

interface Spot {
  readonly holder: Record<string, Json>
  readonly key: string
}

const spotsIn = (value: Json): Spot[] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => [
        { holder: value as Record<string, Json>, key },
        ...spotsIn(inner),
      ])
    : []
