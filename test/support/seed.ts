/**
 * Where the random inputs of the property tests come from: anew in each run at a desk, from one seed in CI, so that a
 * change is judged by itself and not by what chance finds elsewhere. MUSTER_TEST_SEED repeats a run or begins another one.
 */
import fc from 'fast-check';

const SEED_OF_CI = 20_261_122;

const said = process.env.MUSTER_TEST_SEED;
if (said !== undefined) fc.configureGlobal({ seed: Number(said) });
else if (process.env.CI === 'true') fc.configureGlobal({ seed: SEED_OF_CI });
