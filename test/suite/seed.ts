// One seed for every property of a run, so that a failure repeats.
import fc from 'fast-check'

const seed = process.env['COOP_TEST_SEED']
if (seed !== undefined) fc.configureGlobal({ seed: Number(seed) })
