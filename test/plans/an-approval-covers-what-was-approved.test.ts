import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { excessOver, isWithin, type Removals, tellExcess } from '../../src/core/plans/approval.ts';
import type { TrippedGuard } from '../../src/core/plans/guards.ts';
import { digestOperations, hashPlan } from '../../src/core/plans/hash.ts';

const guard = (name: TrippedGuard['guard'], id: string | null = null): TrippedGuard => ({
  guard: name,
  group: id === null ? null : { id, name: id },
  count: 9,
  limit: 5,
  detail: `${name} of ${id ?? 'all'}.`,
});
const leaving: ReadonlyMap<number, number> = new Map();
const numbers = fc.uniqueArray(fc.nat(12)).map((list) => list.sort((a, b) => a - b));
const removals: fc.Arbitrary<Removals> = fc.record({
  members: fc
    .uniqueArray(fc.tuple(fc.nat(4), numbers), { selector: ([group]) => group })
    .map((pairs) => new Map(pairs)),
  usersDeactivated: numbers,
  groupsDeleted: numbers,
});
const itemsOf = ({ members, usersDeactivated, groupsDeleted }: Removals): Set<string> =>
  new Set([
    ...[...members].flatMap(([group, list]) => list.map((n) => `m ${group} ${n}`)),
    ...usersDeactivated.map((n) => `u ${n}`),
    ...groupsDeleted.map((n) => `g ${n}`),
  ]);

describe('D-30: new removals are within the approved ones', () => {
  it('exactly when each of them is one of those', () => {
    fc.assert(
      fc.property(removals, removals, (approved, now) => {
        const allowed = itemsOf(approved);
        const beyond = [...itemsOf(now)].filter((item) => !allowed.has(item));
        const excess = excessOver(
          { removals: approved, leaving, guards: [] },
          { removals: now, leaving, guards: [] },
        );
        expect(isWithin(excess)).toBe(beyond.length === 0);
        expect(excess.members + excess.users + excess.groups).toBe(beyond.length);
      }),
    );
  });

  it('a plan is within itself, and within any that removes more', () => {
    fc.assert(
      fc.property(removals, (approved) => {
        const same = { removals: approved, leaving, guards: [guard('removals')] };
        expect(isWithin(excessOver(same, same))).toBe(true);
        const nothing = {
          removals: { members: new Map(), usersDeactivated: [], groupsDeleted: [] },
          leaving,
          guards: [],
        };
        expect(isWithin(excessOver(same, nothing))).toBe(true);
      }),
    );
  });

  it('more people that leave a group by one nesting are in excess, fewer are not', () => {
    const none = { members: new Map(), usersDeactivated: [], groupsDeleted: [] };
    const of = (...counts: readonly (readonly [number, number])[]) => ({
      ...{ removals: none, guards: [] },
      leaving: new Map(counts),
    });
    const approved = of([1, 5], [2, 5]);
    expect(isWithin(excessOver(approved, of([1, 5], [2, 4])))).toBe(true);
    const more = excessOver(approved, of([1, 6], [3, 1]));
    expect([isWithin(more), more.people]).toEqual([false, 2]);
    expect(tellExcess(more)).toBe('2 more people would leave a group');
  });

  it('a guard that did not trip then, or on another group, is in excess', () => {
    const none = { members: new Map(), usersDeactivated: [], groupsDeleted: [] };
    const approved = { removals: none, leaving, guards: [guard('removals'), guard('group-share', 'choir')] };
    const now = (guards: TrippedGuard[]) => excessOver(approved, { removals: none, leaving, guards });
    expect(isWithin(now([guard('group-share', 'choir')]))).toBe(true);
    expect(isWithin(now([guard('group-share', 'band')]))).toBe(false);
    expect(tellExcess(now([guard('nesting', 'band')]))).toBe('nesting of band');
    expect(tellExcess({ members: 1, people: 0, users: 2, groups: 0, guards: [] })).toBe(
      '1 more membership would end; 2 more users would be deactivated',
    );
  });
});

describe('the hash of a plan (D-32)', () => {
  const plan = {
    kind: 'feed' as const,
    subject: 'feed:csv',
    request: { import: 'a', sha256: 'b' },
    counts: { membersRemoved: 3, membersAdded: 1 },
    guards: [guard('removals')],
    operations: digestOperations(['one', 'two']),
  };

  it('is the same for equal plans, whatever the order of their keys', () => {
    const turned = {
      ...plan,
      counts: { membersAdded: 1, membersRemoved: 3 },
      request: { sha256: 'b', import: 'a' },
    };
    expect(hashPlan(turned)).toBe(hashPlan(plan));
    expect(hashPlan(plan)).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  it.each([
    ['kind', { kind: 'undo' as const }],
    ['subject', { subject: 'feed:hr' }],
    ['request', { request: { import: 'c', sha256: 'b' } }],
    ['counts', { counts: { membersRemoved: 4, membersAdded: 1 } }],
    ['guards', { guards: [] }],
    ['operations', { operations: digestOperations(['one', 'three']) }],
    ['order of operations', { operations: digestOperations(['two', 'one']) }],
  ])('is another one for another %s', (_, change) => {
    expect(hashPlan({ ...plan, ...change })).not.toBe(hashPlan(plan));
  });
});
