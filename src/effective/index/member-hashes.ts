/** The hash of each group's member lists, filled when first asked for and moved along from then on. */
import { emptyHash, moveHash, type SetHash, type SetRole } from './set-hash.ts';

/** What a role's set gained and lost. */
interface Moved {
  readonly plus: Iterable<number>;
  readonly minus: Iterable<number>;
}

export class MemberHashes {
  readonly #key: SetHash;
  readonly #hashes = new Map<number, SetHash>();

  /** `key`: four words, the same on every instance of the installation. */
  constructor(key: SetHash) {
    this.#key = key;
  }

  /** The group's hash; `sets` is called where it is not known yet, for all that the member lists show. */
  of(group: number, sets: () => Readonly<Record<SetRole, Iterable<number>>>): SetHash {
    const known = this.#hashes.get(group);
    if (known !== undefined) return known;
    const hash = emptyHash();
    const { effective, direct, nested } = sets();
    moveHash(hash, this.#key, { role: 'effective', elements: effective, sign: 1 });
    moveHash(hash, this.#key, { role: 'direct', elements: direct, sign: 1 });
    moveHash(hash, this.#key, { role: 'nested', elements: nested, sign: 1 });
    this.#hashes.set(group, hash);
    return hash;
  }

  move(group: number, role: SetRole, { plus, minus }: Moved): void {
    const hash = this.#hashes.get(group);
    if (hash === undefined) return;
    moveHash(hash, this.#key, { role, elements: plus, sign: 1 });
    moveHash(hash, this.#key, { role, elements: minus, sign: -1 });
  }

  forget(group: number): void {
    this.#hashes.delete(group);
  }
}

/** Four words for the hash out of 16 bytes. */
export function hashKeyOf(bytes: Uint8Array): SetHash {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
  return Uint32Array.from([0, 4, 8, 12], (place) => view.getUint32(place));
}
