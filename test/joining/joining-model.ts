/** The rules once more, small enough to be read and believed: what a random history is compared with. */

/** What the groups begin as; the one at INNER is nested in the first. */
export const GROUPS: readonly Partial<Record<Exclude<Flag, 'reserved'>, boolean>>[] = [
  { open: true },
  {},
  { open: true, public: true },
  { public: true },
  {},
];
export const INNER = 4;
export const FLAGS = ['internal', 'open', 'public', 'restricted', 'reserved'] as const;

export type Flag = (typeof FLAGS)[number];
type Source = 'self-service' | 'console' | 'csv';
type Decider = 'leader' | 'manager' | 'admin';

interface Pair {
  readonly user: number;
  readonly group: number;
}

export type Step =
  | ({ readonly do: 'join' | 'leave' } & Pair)
  | ({ readonly do: 'cancel' } & Pair)
  | ({ readonly do: 'approve' | 'deny'; readonly by: Decider } & Pair)
  | ({ readonly do: 'add' | 'remove'; readonly by: Decider | 'csv' | number } & Pair)
  | ({ readonly do: 'delegate'; readonly canAdd: boolean; readonly canRemove: boolean } & Pair)
  | { readonly do: 'flag'; readonly group: number; readonly flag: Flag }
  | { readonly do: 'protect'; readonly group: number }
  | { readonly do: 'let' | 'unlet' | 'deactivate' | 'activate'; readonly user: number }
  | { readonly do: 'expire' }
  /** Deleted, and made anew under the same name; the inner group is nested again. */
  | { readonly do: 'remakeGroup'; readonly group: number }
  | { readonly do: 'remakeUser'; readonly user: number };

interface Group extends Record<Flag, boolean> {
  gives: boolean;
}

/** Answers of steps: `done`, `none` where there was nothing to do it to, a refusal's code for wishes, else `refused`. */
export class Model {
  readonly #groups: Group[] = GROUPS.map(newGroup);
  readonly #may = new Set<number>();
  readonly #inactive = new Set<number>();
  /** Who asserts a membership; suppressed or not. */
  readonly #asserted = new Map<string, Map<Source, 'live' | 'suppressed'>>();
  readonly #waiting = new Map<string, 'join' | 'leave'>();
  readonly #delegated = new Map<string, { canAdd: boolean; canRemove: boolean }>();
  #wanted = false;

  step(step: Step): string {
    switch (step.do) {
      case 'expire':
        this.#waiting.clear();
        return 'done';
      case 'remakeGroup':
        this.#groups[step.group] = newGroup(GROUPS[step.group] ?? {});
        this.#forget((pair) => pair.endsWith(` ${step.group}`));
        return 'done';
      case 'remakeUser':
        this.#may.delete(step.user);
        this.#inactive.delete(step.user);
        this.#forget((pair) => pair.startsWith(`${step.user} `));
        return 'done';
      case 'let':
        this.#may.add(step.user);
        return 'done';
      case 'unlet':
        if (this.#may.delete(step.user)) this.#lose(step.user);
        return 'done';
      case 'deactivate':
        this.#inactive.add(step.user);
        return 'done';
      case 'activate':
        this.#inactive.delete(step.user);
        return 'done';
      case 'flag':
        return this.#flag(step.group, step.flag);
      case 'protect':
        return this.#protect(step.group);
      case 'join':
      case 'leave':
        return this.#wish(step, step.do);
      case 'add':
      case 'remove':
        return this.#write(step);
      case 'delegate':
        return this.#delegate(step);
      case 'approve':
      case 'deny':
        return this.#decide(step);
      case 'cancel':
        return this.#waiting.delete(keyOf(step)) ? 'done' : 'none';
    }
  }

  /** What the last step wanted its flag to be, or whether it wanted its group to give permissions. */
  get wanted(): boolean {
    return this.#wanted;
  }

  picture(): readonly string[] {
    const members = [...this.#asserted].flatMap(([key, sources]) =>
      [...sources].filter(([, state]) => state === 'live').map(([source]) => `member ${key} ${source}`),
    );
    const waiting = [...this.#waiting].map(([key, kind]) => `waits ${key} ${kind}`);
    const delegated = [...this.#delegated].map(
      ([key, { canAdd, canRemove }]) => `delegated ${key} ${canAdd} ${canRemove}`,
    );
    return [...members, ...waiting, ...delegated].sort();
  }

  #group(n: number): Group {
    const group = this.#groups[n];
    if (group === undefined) throw new Error(`There is no group ${n}.`);
    return group;
  }

  /** J-20: it gives permissions itself, or is nested in what does. */
  #isProtected(n: number): boolean {
    return this.#group(n).gives || (n === INNER && this.#group(0).gives);
  }

  #isDirect({ user, group }: Pair): boolean {
    const sources = this.#asserted.get(keyOf({ user, group }));
    return sources !== undefined && [...sources.values()].includes('live');
  }

  #isMember({ user, group }: Pair): boolean {
    return this.#isDirect({ user, group }) || (group === 0 && this.#isDirect({ user, group: INNER }));
  }

  #flag(n: number, flag: Flag): string {
    const group = this.#group(n);
    this.#wanted = !group[flag];
    if ((flag === 'open' || flag === 'public') && this.#wanted && this.#isProtected(n)) return 'refused';
    group[flag] = this.#wanted;
    return 'done';
  }

  #protect(n: number): string {
    const group = this.#group(n);
    this.#wanted = !group.gives;
    const below = n === 0 ? [0, INNER] : [n];
    if (this.#wanted && below.some((one) => this.#group(one).open || this.#group(one).public))
      return 'refused';
    group.gives = this.#wanted;
    return 'done';
  }

  #wish(pair: Pair, kind: 'join' | 'leave'): string {
    const group = this.#group(pair.group);
    const key = keyOf(pair);
    if (this.#inactive.has(pair.user)) return 'user.inactive';
    if (group.internal) return 'group.internal';
    if (group.reserved) return 'group.reserved';
    if (kind === 'join') {
      if (this.#isMember(pair)) return 'join.already_member';
      if (!group.public && !this.#may.has(pair.user)) return 'join.not_permitted';
    } else {
      if (!this.#isMember(pair)) return 'leave.not_member';
      if (!this.#isDirect(pair)) return 'leave.indirect';
    }
    if (group.open && !group.restricted && !this.#isProtected(pair.group)) {
      this.#waiting.delete(key);
      if (kind === 'join') this.#add(pair, 'self-service');
      else this.#remove(pair, 'self-service');
      return 'done';
    }
    if (this.#waiting.get(key) === kind) return 'request.pending';
    this.#waiting.set(key, kind);
    return 'done';
  }

  #decide({ do: what, by, ...pair }: Extract<Step, { readonly do: 'approve' | 'deny' }>): string {
    const key = keyOf(pair);
    const kind = this.#waiting.get(key);
    if (kind === undefined) return 'none';
    if (!this.#manages(by, pair.group)) return 'refused';
    if (what === 'approve') {
      const group = this.#group(pair.group);
      if (this.#inactive.has(pair.user) || group.internal || group.reserved) return 'refused';
      if (kind === 'join' && !group.public && !this.#may.has(pair.user)) return 'refused';
      if (kind === 'join') this.#add(pair, 'self-service');
      else this.#remove(pair, 'self-service');
    }
    this.#waiting.delete(key);
    return 'done';
  }

  #write({ do: what, by, ...pair }: Extract<Step, { readonly do: 'add' | 'remove' }>): string {
    if (typeof by === 'number' && this.#inactive.has(by)) return 'none';
    const source = by === 'csv' ? 'csv' : 'console';
    if (this.#group(pair.group).reserved && source !== 'csv') return 'refused';
    const isLet = typeof by === 'number' ? this.#lends(by, pair.group, what) : this.#manages(by, pair.group);
    if (!isLet) return 'refused';
    if (what === 'add') this.#add(pair, source);
    else this.#remove(pair, source);
    return 'done';
  }

  #manages(by: Decider | 'csv', n: number): boolean {
    if (by === 'admin' || by === 'csv') return true;
    const group = this.#group(n);
    return !group.internal && !group.restricted && !this.#isProtected(n);
  }

  #lends(user: number, n: number, what: 'add' | 'remove'): boolean {
    const held = this.#delegated.get(keyOf({ user, group: n }));
    const has = what === 'add' ? held?.canAdd : held?.canRemove;
    return has === true && !this.#group(n).restricted && !this.#isProtected(n);
  }

  #delegate({ canAdd, canRemove, ...pair }: Extract<Step, { readonly do: 'delegate' }>): string {
    if (!canAdd && !canRemove) {
      this.#delegated.delete(keyOf(pair));
      return 'done';
    }
    if (!this.#isDirect(pair)) return 'refused';
    this.#delegated.set(keyOf(pair), { canAdd, canRemove });
    return 'done';
  }

  #add(pair: Pair, source: Source): void {
    const key = keyOf(pair);
    const sources = this.#asserted.get(key) ?? new Map<Source, 'live' | 'suppressed'>();
    this.#asserted.set(key, sources);
    for (const one of sources.keys()) sources.set(one, 'live');
    sources.set(source, 'live');
  }

  /** D-02: whoever asserted it. */
  #remove(pair: Pair, source: Source): void {
    const sources = this.#asserted.get(keyOf(pair));
    sources?.delete(source);
    for (const one of sources?.keys() ?? []) sources?.set(one, 'suppressed');
    this.#delegated.delete(keyOf(pair));
  }

  /** D-06: whoever comes after under the same name has nothing of it. */
  #forget(isGone: (pair: string) => boolean): void {
    for (const kept of [this.#asserted, this.#waiting, this.#delegated])
      for (const pair of [...kept.keys()]) if (isGone(pair)) kept.delete(pair);
  }

  /** J-11. */
  #lose(user: number): void {
    for (const [group, { public: isPublic }] of this.#groups.entries()) {
      if (isPublic) continue;
      const key = keyOf({ user, group });
      const sources = this.#asserted.get(key);
      for (const [source, state] of sources ?? [])
        if (source !== 'csv' && state === 'live') sources?.delete(source);
      if (!this.#isDirect({ user, group })) this.#delegated.delete(key);
      this.#waiting.delete(key);
    }
  }
}

function newGroup(flags: (typeof GROUPS)[number]): Group {
  const none = { internal: false, open: false, public: false, restricted: false, reserved: false };
  return { ...none, gives: false, ...flags };
}

function keyOf({ user, group }: Pair): string {
  return `${user} ${group}`;
}
