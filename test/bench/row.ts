// One line of the benchmark's table.

export interface Row {
  readonly name: string
  /** What it has to reach, as people read it. */
  readonly bar?: string
  readonly value: string
  /** Absent where nothing is to be reached. */
  readonly pass?: boolean
}

/** The value below which `share` of the measured ones lie. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** A row of a duration's median and 95th percentile, milliseconds. */
export function latency(name: string, ms: readonly number[], bars: readonly [number, number]): Row {
  const [p50, p95] = [quantile(ms, 0.5), quantile(ms, 0.95)]
  return {
    name: `${name}, p50 / p95`,
    bar: `<= ${bars[0]} / ${bars[1]} ms`,
    value: `${p50.toFixed(1)} / ${p95.toFixed(1)} ms`,
    pass: p50 <= bars[0] && p95 <= bars[1],
  }
}

/** What is being measured now, for whoever waits: on standard error, the table stays clean. */
export function progress(what: string): void {
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${what}` : `${what}\n`)
}
