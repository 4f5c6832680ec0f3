/** The users that each group lists itself, active or not. */
import { RoaringBitmap32 } from 'roaring-wasm';
import { type Bitmap, type Delta, emptyDelta, NOBODY } from './bitmaps.ts';
import type { Facts } from './facts.ts';

export class DirectUsers {
  readonly #sets = new Map<number, Bitmap>();

  /** The group's users; the bitmap stays this one's. */
  of(group: number): Bitmap {
    return this.#sets.get(group) ?? NOBODY;
  }

  /** Groups that list somebody. */
  groups(): IterableIterator<number> {
    return this.#sets.keys();
  }

  entries(): IterableIterator<[group: number, users: Bitmap]> {
    return this.#sets.entries();
  }

  /** Part of the first filling. */
  add(group: number, users: Uint32Array): void {
    const known = this.#sets.get(group);
    if (known === undefined) this.#sets.set(group, RoaringBitmap32.from(users));
    else known.addMany(users);
  }

  /** Part of a filling from bytes; `users` is handed over. */
  restore(group: number, users: Bitmap): void {
    this.#sets.set(group, users);
  }

  /** Takes over the facts and answers what moved in each group that was looked at; the caller's to dispose of. */
  apply({ direct, goneGroups, users }: Facts): Map<number, Delta> {
    const own = new Map<number, Delta>();
    for (const { group, present, absent } of direct) this.#change(own, group, { present, absent });
    const gone = RoaringBitmap32.from(users.filter(({ state }) => state === 'gone').map(({ user }) => user));
    for (const [group, listed] of gone.isEmpty ? [] : this.#sets) {
      if (listed.intersects(gone)) this.#change(own, group, { present: [], absent: gone.toArray() });
    }
    gone.dispose();
    for (const group of goneGroups) {
      this.#change(own, group, { present: [], absent: this.of(group).toArray() });
    }
    for (const group of own.keys()) this.#dropIfEmpty(group);
    return own;
  }

  dispose(): void {
    for (const users of this.#sets.values()) users.dispose();
  }

  #change(
    own: Map<number, Delta>,
    group: number,
    { present, absent }: { readonly present: readonly number[]; readonly absent: readonly number[] },
  ): void {
    let users = this.#sets.get(group);
    if (users === undefined) this.#sets.set(group, (users = new RoaringBitmap32()));
    let delta = own.get(group);
    if (delta === undefined) own.set(group, (delta = emptyDelta()));
    for (const user of present) {
      if (users.tryAdd(user) && !delta.minus.delete(user)) delta.plus.add(user);
    }
    for (const user of absent) {
      if (users.delete(user) && !delta.plus.delete(user)) delta.minus.add(user);
    }
  }

  #dropIfEmpty(group: number): void {
    const users = this.#sets.get(group);
    if (users?.isEmpty !== true) return;
    users.dispose();
    this.#sets.delete(group);
  }
}
