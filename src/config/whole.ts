import { z } from 'zod';

/** A whole number in bounds; in an environment variable it is text. */
export function whole(min: number, max: number) {
  const sentence = `must be a whole number from ${min} to ${max}`;
  return z.preprocess(
    (value) => (typeof value === 'string' && /^\s*\d+\s*$/.test(value) ? Number(value) : value),
    z.int(sentence).min(min, sentence).max(max, sentence),
  );
}
