/**
 * Chance that repeats: every value is a hash of the seed, what it is for and a number, so that the generator
 * needs no state and the same seed gives the same directory whatever is asked for first.
 */
export interface Random {
  /** A number of [0, 1). */
  fraction(purpose: number, n: number): number;
  /** A whole number of [0, below). */
  below(purpose: number, n: number, below: number): number;
  /** The text of a version 4 uuid. */
  uuid(purpose: number, n: number): string;
}

/** Chance from a seed. */
export function seeded(seed: number): Random {
  const word = (purpose: number, n: number): number =>
    mix(mix(mix(seed ^ 0x9e3779b9) ^ Math.imul(purpose, 0x85ebca6b)) ^ n);
  const fraction = (purpose: number, n: number): number => word(purpose, n) / 2 ** 32;
  return {
    fraction,
    below: (purpose, n, below) => Math.floor(fraction(purpose, n) * below),
    uuid: (purpose, n) => {
      const hex = [0, 1, 2, 3]
        .map((part) =>
          word(purpose * 4 + part + 1_000, n)
            .toString(16)
            .padStart(8, '0'),
        )
        .join('');
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
    },
  };
}

/** A hash of 32 bits whose every output bit depends on every input bit. */
function mix(word: number): number {
  let h = word >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad);
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97);
  return (h ^ (h >>> 15)) >>> 0;
}
