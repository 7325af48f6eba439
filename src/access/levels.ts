// Levels are how far a person is trusted; compartments are what that opens.

/** From least to most trusted. */
export const levels = ['public', 'familiar', 'inner', 'full'] as const
export type Level = (typeof levels)[number]

/** What is secret is a set of these, never a line. `personal:<person>` is one person's own. */
export type Compartment = 'social' | 'shared' | 'private' | `personal:${string}`

const opened: Record<Level, readonly Compartment[]> = {
  public: [],
  familiar: ['social'],
  inner: ['social', 'shared'],
  full: ['social', 'shared', 'private'],
}

/** The compartments that a level opens, personal ones aside. */
export const compartmentsOf = (level: Level): readonly Compartment[] => opened[level]

export const personalOf = (personId: string): Compartment => `personal:${personId}`

/** The lowest of the levels given; public when none is. */
export function lowest(...given: readonly Level[]): Level {
  let rank: number = levels.length - 1
  if (given.length === 0) rank = 0
  for (const level of given) rank = Math.min(rank, levels.indexOf(level))
  return levels[Math.max(rank, 0)]!
}

export const highest = (a: Level, b: Level): Level => (levels.indexOf(a) >= levels.indexOf(b) ? a : b)

/** Whether `level` is at least `needed`. An unknown word is below everything. */
export const atLeast = (level: Level, needed: Level): boolean =>
  levels.indexOf(level) >= levels.indexOf(needed)

/** The highest level all of whose compartments are in `reads`. */
export function levelOf(reads: readonly Compartment[]): Level {
  return levels.findLast(level => opened[level].every(compartment => reads.includes(compartment))) ?? 'public'
}
