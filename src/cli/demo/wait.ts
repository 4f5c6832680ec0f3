import { setTimeout as pause } from 'node:timers/promises';

const LOOK_EVERY_MS = 5;

/** Looks again and again until `look` finds something; fails with a sentence when `patienceMs` are over. */
export async function waitFor<T>(
  what: string,
  look: () => Promise<T | null>,
  patienceMs = 30_000,
): Promise<T> {
  const end = performance.now() + patienceMs;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (performance.now() > end) throw new Error(`Waited ${patienceMs / 1_000} s in vain: ${what}.`);
    await pause(LOOK_EVERY_MS);
  }
}
