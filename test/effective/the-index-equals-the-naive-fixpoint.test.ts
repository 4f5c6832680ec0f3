import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { disposeDelta } from '../../src/effective/index/bitmaps.ts';
import type { Facts } from '../../src/effective/index/facts.ts';
import { MembershipIndex } from '../../src/effective/index/membership-index.ts';
import { hashText } from '../../src/effective/index/set-hash.ts';
import { naiveFixpoint, type NaiveDirectory } from './naive-fixpoint.ts';

const GROUPS = [1, 2, 3, 4, 5, 6, 7, 8];
const USERS = [100, 101, 102, 70_000, 70_001];
const key = Uint32Array.of(1, 2, 3, 4);

type Step =
  | { readonly kind: 'add' | 'remove'; readonly group: number; readonly user: number }
  | { readonly kind: 'nest' | 'unnest'; readonly group: number; readonly member: number }
  | { readonly kind: 'activate' | 'deactivate' | 'deleteUser'; readonly user: number }
  | { readonly kind: 'deleteGroup'; readonly group: number };

const group = fc.constantFrom(...GROUPS);
const user = fc.constantFrom(...USERS);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constantFrom('add', 'remove'), group, user }) },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constantFrom('nest', 'nest', 'unnest'), group, member: group }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('activate', 'deactivate'), user }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('deleteUser' as const), user }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('deleteGroup' as const), group }) },
);
const anyHistory = fc.array(fc.array(anyStep, { minLength: 1, maxLength: 6 }), { maxLength: 12 });

/** A directory in plain sets, with the marks that a log would hold. */
class Model {
  readonly direct = new Set<string>();
  readonly nestings = new Set<string>();
  readonly states = new Map<number, 'active' | 'inactive' | 'gone'>(USERS.map((id) => [id, 'active']));
  readonly living = new Set(GROUPS);

  take(step: Step): void {
    switch (step.kind) {
      case 'add':
        if (this.living.has(step.group) && this.states.get(step.user) !== 'gone') {
          this.direct.add(`${step.group} ${step.user}`);
        }
        return;
      case 'remove':
        this.direct.delete(`${step.group} ${step.user}`);
        return;
      case 'nest':
        if (
          this.living.has(step.group) &&
          this.living.has(step.member) &&
          !this.reaches(step.member, step.group)
        ) {
          this.nestings.add(`${step.group} ${step.member}`);
        }
        return;
      case 'unnest':
        this.nestings.delete(`${step.group} ${step.member}`);
        return;
      case 'activate':
      case 'deactivate':
        if (this.states.get(step.user) !== 'gone') {
          this.states.set(step.user, step.kind === 'activate' ? 'active' : 'inactive');
        }
        return;
      case 'deleteUser':
        this.states.set(step.user, 'gone');
        return;
      case 'deleteGroup':
        this.living.delete(step.group);
        return;
    }
  }

  pairs(of: ReadonlySet<string>): (readonly [number, number])[] {
    return [...of].map((text) => text.split(' ').map(Number) as [number, number]);
  }

  reaches(from: number, to: number): boolean {
    const below = this.pairs(this.nestings).filter(([parent]) => parent === from);
    return from === to || below.some(([, member]) => this.reaches(member, to));
  }

  oracle(): NaiveDirectory {
    return {
      direct: this.pairs(this.direct),
      nestings: this.pairs(this.nestings),
      groups: [...this.living],
      active: new Set(USERS.filter((id) => this.states.get(id) === 'active')),
    };
  }

  /** Re-reads what the steps marked, as a follower does, whatever the order they were taken in. */
  facts(steps: readonly Step[]): Facts {
    const looked = steps.flatMap((step) => (step.kind === 'add' || step.kind === 'remove' ? [step] : []));
    const isThere = (step: { group: number; user: number }): boolean =>
      this.living.has(step.group) &&
      this.states.get(step.user) !== 'gone' &&
      this.direct.has(`${step.group} ${step.user}`);
    const nested = new Set(steps.flatMap((step) => ('member' in step ? [step.group] : [])));
    const users = new Set(steps.flatMap((step) => ('user' in step && !('group' in step) ? [step.user] : [])));
    return {
      direct: looked.map((step) => ({
        group: step.group,
        present: isThere(step) ? [step.user] : [],
        absent: isThere(step) ? [] : [step.user],
      })),
      nestings: [...nested]
        .filter((id) => this.living.has(id))
        .map((id) => ({
          group: id,
          members: this.pairs(this.nestings)
            .filter(([parent, member]) => parent === id && this.living.has(member))
            .map(([, member]) => member),
        })),
      goneGroups: steps.flatMap((step) => (step.kind === 'deleteGroup' ? [step.group] : [])),
      users: [...users].map((id) => ({
        user: id,
        state: this.states.get(id) ?? 'gone',
        groups: this.pairs(this.direct)
          .filter(
            ([parent, member]) => member === id && this.living.has(parent) && this.states.get(id) !== 'gone',
          )
          .map(([parent]) => parent),
      })),
    };
  }

  /** An index filled from nothing. */
  build(): MembershipIndex {
    const index = new MembershipIndex(key);
    for (const [parent, member] of this.pairs(this.direct)) {
      if (this.living.has(parent) && this.states.get(member) !== 'gone')
        index.addDirect(parent, Uint32Array.of(member));
    }
    for (const [parent, member] of this.pairs(this.nestings)) {
      if (this.living.has(parent) && this.living.has(member)) index.addNesting(parent, member);
    }
    index.addActive(Uint32Array.from(USERS.filter((id) => this.states.get(id) === 'active')));
    index.settle();
    return index;
  }
}

function setsOf(index: MembershipIndex): Record<number, readonly number[]> {
  return Object.fromEntries(GROUPS.map((id) => [id, index.effectivePage(id, 0, 100)]));
}

function expectedSets(model: Model): Record<number, readonly number[]> {
  const expected = naiveFixpoint(model.oracle());
  return Object.fromEntries(GROUPS.map((id) => [id, expected.get(id) ?? []]));
}

describe('the index', () => {
  it('equals the naive fixpoint after any history, and names exactly what each batch changed (D-12)', () => {
    fc.assert(
      fc.property(anyHistory, fc.boolean(), (history, asksForHashes) => {
        const model = new Model();
        const index = model.build();
        for (const steps of history) {
          const before = setsOf(index);
          if (asksForHashes) GROUPS.forEach((id) => index.hash(id));
          for (const step of steps) model.take(step);
          const deltas = index.apply(model.facts(steps));
          const after = expectedSets(model);
          expect(setsOf(index)).toEqual(after);
          for (const id of GROUPS) {
            expect(index.effectiveCount(id)).toBe(after[id]?.length);
            expect(deltas.get(id)?.plus.toArray() ?? []).toEqual(
              after[id]?.filter((n) => !before[id]?.includes(n)),
            );
            expect(deltas.get(id)?.minus.toArray() ?? []).toEqual(
              before[id]?.filter((n) => !after[id]?.includes(n)),
            );
          }
          deltas.forEach(disposeDelta);
          const fresh = model.build();
          for (const id of GROUPS) {
            expect(hashText(index.hash(id))).toBe(hashText(fresh.hash(id)));
            expect(index.directPage(id, 0, 100)).toEqual(fresh.directPage(id, 0, 100));
          }
          fresh.dispose();
        }
        index.dispose();
      }),
      { numRuns: 120 },
    );
  });

  it('pages in order, each member once', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 200_000 })),
        fc.uniqueArray(fc.integer({ min: 1, max: 200_000 })),
        fc.integer({ min: 1, max: 7 }),
        (users, inactive, limit) => {
          const index = new MembershipIndex(key);
          index.addDirect(1, Uint32Array.from(users));
          index.addActive(Uint32Array.from(users.filter((id) => !inactive.includes(id))));
          index.settle();
          const seen: number[] = [];
          for (
            let page = index.effectivePage(1, 0, limit);
            page.length > 0;
            page = index.effectivePage(1, seen.at(-1) ?? 0, limit)
          ) {
            seen.push(...page);
          }
          expect(seen).toEqual(users.filter((id) => !inactive.includes(id)).sort((a, b) => a - b));
          index.dispose();
        },
      ),
    );
  });
});
