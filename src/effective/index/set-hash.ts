/**
 * A 128-bit hash of a set of integers that can be moved along with the set: the sum, lane by lane modulo 2^32,
 * of a keyed mix of every element. Equal sets hash alike on every instance that holds the same key, whatever
 * the order they were filled in; it makes strong ETags of member lists (P-04).
 */

/** Four lanes of 32 bits. */
export type SetHash = Uint32Array;

/** Which of several sets of one hash an element stands in, so that a move between them is seen. */
export type SetRole = 'effective' | 'direct' | 'nested';

const roleSeeds = { effective: 0x9e3779b9, direct: 0x7f4a7c15, nested: 0x85ebca6b } satisfies Record<
  SetRole,
  number
>;

export function emptyHash(): SetHash {
  return new Uint32Array(4);
}

/** Adds the elements to the hash of a set that did not hold them, or with `sign` -1 takes them out of one that did. */
export function moveHash(
  hash: SetHash,
  key: SetHash,
  move: { readonly role: SetRole; readonly elements: Iterable<number>; readonly sign: 1 | -1 },
): void {
  const seed = roleSeeds[move.role];
  for (const element of move.elements) {
    for (let lane = 0; lane < 4; lane += 1) {
      const mixed = mix(element ^ seed, (key[lane] ?? 0) + Math.imul(lane + 1, 0x27d4eb2f));
      hash[lane] = (hash[lane] ?? 0) + Math.imul(move.sign, mixed);
    }
  }
}

/** The hash as 32 hexadecimal digits. */
export function hashText(hash: SetHash): string {
  return Array.from(hash, (lane) => lane.toString(16).padStart(8, '0')).join('');
}

/** The finalizer of MurmurHash3, run twice with the key between. */
function mix(element: number, key: number): number {
  return finalize(finalize(element ^ key) + key);
}

function finalize(bits: number): number {
  let mixed = bits | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
