import { setTimeout as pause } from 'node:timers/promises';

/**
 * Waits until `claim` holds, trying it again every few milliseconds; after the deadline its own failure is the
 * test's. For what happens soon, and no test can say when.
 */
export async function eventually<T>(claim: () => T | Promise<T>, withinMs = 20_000): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    try {
      return await claim();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await pause(10);
    }
  }
}
