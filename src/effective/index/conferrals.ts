/** Which groups and users confer which entitlements, kept beside the index and moved along with it. */
import { RoaringBitmap32 } from 'roaring-wasm';
import type { ConferralRow } from '../../store/effective/conferrals.ts';
import type { Bitmap } from './bitmaps.ts';
import type { MembershipIndex } from './membership-index.ts';

/** A role or permission as readers of the feed know it. */
export interface EntitlementName {
  readonly kind: 'role' | 'permission';
  readonly name: string;
}

export class Conferrals {
  readonly #holders = new Map<number, Map<number, 'u' | 'g'>>();
  readonly #conferred = new Map<number, Set<number>>();
  readonly #names = new Map<number, EntitlementName>();

  /** Numbers of all entitlements that somebody confers. */
  entitlements(): Iterable<number> {
    return this.#holders.keys();
  }

  /** What a group or user confers. */
  conferredBy(holder: number): Iterable<number> {
    return this.#conferred.get(holder) ?? [];
  }

  isConferredBy(entitlement: number, holder: number): boolean {
    return this.#holders.get(entitlement)?.has(holder) === true;
  }

  /** Null for one that was never conferred while this index lived. */
  nameOf(entitlement: number): EntitlementName | null {
    return this.#names.get(entitlement) ?? null;
  }

  /**
   * Takes over what those holders confer now; `rows` are all of theirs. Answers the entitlements that came or went,
   * each with the holders that it came to or went from.
   */
  replace(holders: Iterable<number>, rows: readonly ConferralRow[]): Map<number, Set<number>> {
    const changed = new Map<number, Set<number>>();
    const note = (entitlement: number, holder: number): void => {
      const known = changed.get(entitlement);
      if (known === undefined) changed.set(entitlement, new Set([holder]));
      else known.add(holder);
    };
    const now = new Set(rows.map(({ holder_n: holder, entitlement }) => `${holder} ${entitlement}`));
    for (const holder of holders) {
      for (const entitlement of [...this.conferredBy(holder)]) {
        if (now.has(`${holder} ${entitlement}`)) continue;
        this.#drop(entitlement, holder);
        note(entitlement, holder);
      }
    }
    for (const row of rows) if (this.#add(row)) note(row.entitlement, row.holder_n);
    return changed;
  }

  /** Who holds an entitlement: active users, through any group or by themselves. The caller's to dispose of. */
  setOf(entitlement: number, index: MembershipIndex): Bitmap {
    const set = new RoaringBitmap32();
    for (const [holder, kind] of this.#holders.get(entitlement) ?? []) {
      if (kind === 'u') {
        if (index.isActive(holder)) set.add(holder);
        continue;
      }
      const members = index.effective(holder);
      set.orInPlace(members);
      members.dispose();
    }
    return set;
  }

  #add({ holder_n: holder, holder_kind: of, entitlement, kind, name }: ConferralRow): boolean {
    this.#names.set(entitlement, { kind, name });
    let holders = this.#holders.get(entitlement);
    if (holders === undefined) {
      holders = new Map<number, 'u' | 'g'>();
      this.#holders.set(entitlement, holders);
    }
    if (holders.has(holder)) return false;
    holders.set(holder, of);
    let conferred = this.#conferred.get(holder);
    if (conferred === undefined) this.#conferred.set(holder, (conferred = new Set()));
    conferred.add(entitlement);
    return true;
  }

  #drop(entitlement: number, holder: number): void {
    const holders = this.#holders.get(entitlement);
    holders?.delete(holder);
    if (holders?.size === 0) this.#holders.delete(entitlement);
    const conferred = this.#conferred.get(holder);
    conferred?.delete(entitlement);
    if (conferred?.size === 0) this.#conferred.delete(holder);
  }
}
