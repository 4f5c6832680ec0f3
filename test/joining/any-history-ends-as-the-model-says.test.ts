import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addMember, removeMember } from '../../src/directory/memberships.ts';
import { approveRequest, cancelRequest, denyRequest } from '../../src/directory/requests.ts';
import type { GroupRow } from '../../src/store/groups.ts';
import type { UserRow } from '../../src/store/users.ts';
import { type Cast, codeOf, openCast } from './cast.ts';

const PEOPLE = 3;
/** What the groups are: internal, open, public, autoLeave. */
const GROUPS = [
  { open: true },
  { open: false },
  { open: true, public: true },
  { public: true, autoLeave: 'on' },
  { internal: true, open: true },
] as const;

type Step =
  | {
      readonly do: 'join' | 'leave' | 'approve' | 'deny' | 'cancel' | 'add' | 'remove';
      readonly user: number;
      readonly group: number;
    }
  | { readonly do: 'let' | 'unlet'; readonly user: number };

const anyUser = fc.nat(PEOPLE - 1);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constantFrom('join', 'leave', 'approve', 'deny', 'cancel', 'add', 'remove'),
    user: anyUser,
    group: fc.nat(GROUPS.length - 1),
  }),
  fc.record({ do: fc.constantFrom('let', 'unlet'), user: anyUser }),
);

/** The rules once more, over a single source per person and group: small enough to be read and believed. */
class Model {
  readonly may = new Set<number>();
  readonly members = new Map<string, 'self' | 'console'>();
  readonly pending = new Map<string, 'join' | 'leave'>();

  step(step: Step): string {
    if (!('group' in step)) {
      if (step.do === 'let') this.may.add(step.user);
      else if (this.may.delete(step.user)) this.#lose(step.user);
      return 'done';
    }
    const key = `${step.user} ${step.group}`;
    const flags: { internal?: boolean; open?: boolean; public?: boolean; autoLeave?: string } =
      GROUPS[step.group] ?? {};
    const isPermitted = flags.public === true || this.may.has(step.user);
    switch (step.do) {
      case 'add':
        if (!this.members.has(key)) this.members.set(key, 'console');
        return 'done';
      case 'remove':
        this.members.delete(key);
        return 'done';
      case 'join':
        if (flags.internal === true) return 'group.internal';
        if (this.members.has(key)) return 'join.already_member';
        if (!isPermitted) return 'join.not_permitted';
        return this.#wish(key, 'join', flags.open === true);
      case 'leave':
        if (flags.internal === true) return 'group.internal';
        if (!this.members.has(key)) return 'leave.not_member';
        return this.#wish(key, 'leave', flags.open === true || flags.autoLeave === 'on');
      case 'approve': {
        const kind = this.pending.get(key);
        if (kind === undefined) return 'none';
        if (kind === 'join' && !isPermitted) return 'join.not_permitted';
        this.pending.delete(key);
        this.#apply(key, kind);
        return 'done';
      }
      case 'deny':
      case 'cancel':
        return this.pending.delete(key) ? 'done' : 'none';
    }
  }

  #wish(key: string, kind: 'join' | 'leave', isFree: boolean): string {
    if (isFree) {
      this.pending.delete(key);
      this.#apply(key, kind);
    } else if (this.pending.get(key) === kind) return 'request.pending';
    else this.pending.set(key, kind);
    return 'done';
  }

  #apply(key: string, kind: 'join' | 'leave'): void {
    if (kind === 'leave') this.members.delete(key);
    else if (!this.members.has(key)) this.members.set(key, 'self');
  }

  #lose(user: number): void {
    for (const [group, flags] of GROUPS.entries()) {
      const isPublic = 'public' in flags;
      if (isPublic) continue;
      this.members.delete(`${user} ${group}`);
      this.pending.delete(`${user} ${group}`);
    }
  }
}

describe('any history of joining', () => {
  let cast: Cast;
  beforeAll(async () => {
    cast = await openCast();
  });
  afterAll(() => cast.close());

  it('ends as the rules say, step by step (J-01 to J-13)', async () => {
    let world = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { minLength: 5, maxLength: 30 }), async (steps) => {
        world += 1;
        const users: UserRow[] = [];
        for (let n = 0; n < PEOPLE; n += 1) users.push(await cast.user(`${world} user ${n}`));
        const groups: GroupRow[] = [];
        for (const [n, flags] of GROUPS.entries()) groups.push(await cast.make(`${world} group ${n}`, flags));
        const model = new Model();
        for (const step of steps) {
          expect({ step, outcome: await act(users, groups, step) }).toEqual({
            step,
            outcome: model.step(step),
          });
        }
        const rows = await cast.database.rows<{ group: number; user: number }>(
          {
            text: `select array_position($1::int[], group_n) - 1 as "group", array_position($2::int[], member_n) - 1 as "user"
                   from assertion where group_n = any($1) and not suppressed group by 1, 2`,
          },
          [groups.map(({ n }) => n), users.map(({ n }) => n)],
        );
        expect(rows.map(({ user, group }) => `${user} ${group}`).sort()).toEqual(
          [...model.members.keys()].sort(),
        );
      }),
      { numRuns: 12 },
    );
  });

  async function act(users: readonly UserRow[], groups: readonly GroupRow[], step: Step): Promise<string> {
    const user = users[step.user];
    if (user === undefined) throw new Error('No such user.');
    if (!('group' in step)) {
      const verb = step.do === 'let' ? addMember : removeMember;
      return codeOf(cast.do((work) => verb(work, { group: cast.member.id, member: user.id })));
    }
    const group = groups[step.group];
    if (group === undefined) throw new Error('No such group.');
    const pair = { group: group.id, member: user.id };
    switch (step.do) {
      case 'join':
        return codeOf(cast.join(user, group));
      case 'leave':
        return codeOf(cast.leave(user, group));
      case 'add':
        return codeOf(cast.do((work) => addMember(work, pair)));
      case 'remove':
        return codeOf(cast.do((work) => removeMember(work, pair)));
      case 'approve':
      case 'deny':
      case 'cancel': {
        const [row] = await cast.database.rows<{ id: string }>(
          { text: `select id from join_request where user_n = $1 and group_n = $2 and state = 'pending'` },
          [user.n, group.n],
        );
        if (row === undefined) return 'none';
        const deciding = { request: row.id, reason: null };
        const verb = { approve: approveRequest, deny: denyRequest, cancel: cancelRequest }[step.do];
        return codeOf(cast.as('self-service', (work) => verb(work, deciding)));
      }
    }
  }
});
