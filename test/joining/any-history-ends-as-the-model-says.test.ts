import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { delegate } from '../../src/directory/delegations.ts';
import { governGroup, grantPermission } from '../../src/directory/governance.ts';
import { changeGroup, deleteGroup, type GroupState } from '../../src/directory/groups.ts';
import { addMember, removeMember } from '../../src/directory/memberships.ts';
import { approveRequest, cancelRequest, denyRequest } from '../../src/directory/requests.ts';
import { changeUser, deleteUser } from '../../src/directory/users.ts';
import { expireRequests } from '../../src/directory/waiting-requests.ts';
import type { GroupRow } from '../../src/store/groups.ts';
import { sweepDeletedGroups } from '../../src/store/leftovers.ts';
import type { UserRow } from '../../src/store/users.ts';
import { type Cast, codeOf, openCast } from './cast.ts';
import { FLAGS, INNER, type Flag, GROUPS, Model, type Step } from './joining-model.ts';

const PEOPLE = 3;
const anyUser = fc.nat(PEOPLE - 1);
const anyGroup = fc.nat(GROUPS.length - 1);
const anyPair = { user: anyUser, group: anyGroup };
const decider = fc.constantFrom('leader' as const, 'manager' as const, 'admin' as const);

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('join', 'leave'), ...anyPair }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('approve', 'deny'), ...anyPair, by: decider }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), ...anyPair }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('add', 'remove'),
      ...anyPair,
      by: fc.oneof(decider, fc.constant('csv' as const), anyUser),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('delegate'),
      ...anyPair,
      canAdd: fc.boolean(),
      canRemove: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('flag'), group: anyGroup, flag: fc.constantFrom(...FLAGS) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('protect'), group: anyGroup }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('let', 'unlet', 'deactivate', 'activate'), user: anyUser }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('expire') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remakeGroup'), group: anyGroup }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remakeUser'), user: anyUser }) },
);

describe('any history of joining', () => {
  let cast: Cast;
  let people: Readonly<Record<'leader' | 'manager' | 'admin', UserRow>>;
  beforeAll(async () => {
    cast = await openCast();
    people = {
      leader: await cast.user('leader'),
      manager: await cast.user('manager'),
      admin: await cast.user('admin'),
    };
    const grant = (user: UserRow, permission: string) =>
      cast.do((work) => grantPermission(work, { user: user.id, permission }));
    await grant(people.manager, 'groups.manage');
    await grant(people.admin, 'admin');
  });
  afterAll(() => cast.close());

  interface World {
    readonly name: string;
    readonly users: UserRow[];
    readonly groups: GroupRow[];
    readonly model: Model;
    /** Numbers of users and groups that were deleted. */
    readonly gone: number[];
  }
  const makeUser = (world: string, n: number): Promise<UserRow> => cast.user(`${world} user ${n}`);
  const makeGroup = (world: string, n: number): Promise<GroupRow> =>
    cast.make(`${world} group ${n}`, GROUPS[n] ?? {}, {
      leaders: [{ type: 'user', id: people.leader.id }],
    });
  const nestInner = ({ groups }: Pick<World, 'groups'>): Promise<unknown> =>
    cast.do((work) => addMember(work, { group: at(groups, 0).id, member: at(groups, INNER).id }));

  it('ends as the rules say, step by step (J-01 to J-20, D-02, D-03, D-06, D-07)', async () => {
    let worlds = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { minLength: 10, maxLength: 50 }), async (steps) => {
        worlds += 1;
        const name = String(worlds);
        const [users, groups]: [UserRow[], GroupRow[]] = [[], []];
        for (let n = 0; n < PEOPLE; n += 1) users.push(await makeUser(name, n));
        for (const n of GROUPS.keys()) groups.push(await makeGroup(name, n));
        const world: World = { name, users, groups, model: new Model(), gone: [] };
        await nestInner(world);
        for (const step of steps) {
          const wanted = world.model.step(step);
          // Who asks for itself is told which rule it met; of the others it counts whether they were let.
          const isWish = step.do === 'join' || step.do === 'leave';
          const came = await act(world, step);
          const outcome = isWish || came === 'done' || came === 'none' ? came : 'refused';
          expect({ step, outcome }).toEqual({ step, outcome: wanted });
        }
        expect(await picture(world)).toEqual(world.model.picture());
        for (let isMore = true; isMore;) isMore = await sweepDeletedGroups(cast.database, 1_000);
        expect(await leftOf(world.gone)).toEqual([]);
      }),
      { numRuns: Number(process.env.MUSTER_TEST_JOINING_RUNS ?? 15) },
    );
  });

  async function act(world: World, step: Step): Promise<string> {
    const { users, groups, model } = world;
    switch (step.do) {
      case 'remakeGroup': {
        const { id, n } = at(groups, step.group);
        world.gone.push(n);
        const outcome = await codeOf(
          cast.by(people.admin, 'console', (work) => deleteGroup(work, { group: id, ifMatch: null })),
        );
        groups[step.group] = await makeGroup(world.name, step.group);
        if (step.group === 0 || step.group === INNER) await nestInner(world);
        return outcome;
      }
      case 'remakeUser': {
        const { id, n } = at(users, step.user);
        world.gone.push(n);
        const outcome = await codeOf(
          cast.by(people.admin, 'console', (work) => deleteUser(work, { user: id, ifMatch: null })),
        );
        users[step.user] = await makeUser(world.name, step.user);
        return outcome;
      }
      case 'expire':
        await cast.database.rows({
          text: `update join_request set expires_at = now() - interval '1 s' where state = 'pending'`,
        });
        return codeOf(expireRequests(cast.directory));
      case 'let':
      case 'unlet': {
        const verb = step.do === 'let' ? addMember : removeMember;
        return codeOf(
          cast.as('csv', (work) => verb(work, { group: cast.member.id, member: at(users, step.user).id })),
        );
      }
      case 'deactivate':
      case 'activate':
        return codeOf(
          cast.do((work) =>
            changeUser(work, {
              user: at(users, step.user).id,
              ifMatch: null,
              edit: (state) => ({ ...state, active: step.do === 'activate' }),
            }),
          ),
        );
      case 'flag': {
        // The model has moved on already: it says what the flag is to be.
        const { wanted } = model;
        return codeOf(
          cast.by(people.admin, 'console', (work) =>
            changeGroup(work, {
              group: at(groups, step.group).id,
              ifMatch: null,
              edit: (state) => ({ ...state, ...flagged(step.flag, wanted) }),
            }),
          ),
        );
      }
      case 'protect': {
        const permissions = model.wanted ? ['audit.read'] : [];
        return codeOf(
          cast.by(people.admin, 'console', (work) =>
            governGroup(work, { group: at(groups, step.group).id, permissions, at: 'change' }),
          ),
        );
      }
      default:
        return actOnPair({ users, groups }, step);
    }
  }

  async function actOnPair(
    { users, groups }: Pick<World, 'users' | 'groups'>,
    step: Extract<Step, { readonly user: number; readonly group: number }>,
  ): Promise<string> {
    const [user, group] = [at(users, step.user), at(groups, step.group)];
    const pair = { group: group.id, member: user.id };
    switch (step.do) {
      case 'join':
      case 'leave':
        return codeOf(cast.wishFor(step.do, user, group));
      case 'add':
      case 'remove': {
        const verb = step.do === 'add' ? addMember : removeMember;
        if (step.by === 'csv') return codeOf(cast.as('csv', (work) => verb(work, pair)));
        const by = typeof step.by === 'number' ? at(users, step.by) : people[step.by];
        if (!(await cast.isThere(by))) return 'none';
        return codeOf(cast.by(by, 'console', (work) => verb(work, pair)));
      }
      case 'delegate': {
        const { canAdd, canRemove } = step;
        return codeOf(
          cast.by(people.admin, 'console', (work) =>
            delegate(work, { group: group.id, user: user.id, canAdd, canRemove }),
          ),
        );
      }
      case 'approve':
      case 'deny':
      case 'cancel': {
        const [row] = await cast.database.rows<{ id: string }>(
          { text: `select id from join_request where user_n = $1 and group_n = $2 and state = 'pending'` },
          [user.n, group.n],
        );
        if (row === undefined) return 'none';
        const deciding = { request: row.id, reason: null };
        if (step.do === 'cancel')
          return codeOf(cast.as('self-service', (work) => cancelRequest(work, deciding)));
        const verb = step.do === 'approve' ? approveRequest : denyRequest;
        return codeOf(cast.by(people[step.by], 'self-service', (work) => verb(work, deciding)));
      }
    }
  }

  /** What still names any of those that were deleted and takes effect, or could again. */
  async function leftOf(gone: readonly number[]): Promise<readonly string[]> {
    const text = `
      with gone as (select unnest($1::int[]) as n)
      select 'member' as what from assertion where group_n in (table gone) or member_n in (table gone)
      union all
      select 'request' from join_request
      where (group_n in (table gone) or user_n in (table gone)) and state = 'pending'
      union all
      select 'delegation' from delegation where group_n in (table gone) or user_n in (table gone)
      union all
      select 'leader' from group_leader where group_n in (table gone) or leader_n in (table gone)
      union all
      select 'grant' from permission_grant where holder_n in (table gone)
      union all
      select 'nesting' from closure
      where descendant <> ancestor and (descendant in (table gone) or ancestor in (table gone))`;
    return (await cast.database.rows<{ what: string }>({ text }, [gone])).map(({ what }) => what);
  }

  async function picture({ users, groups }: World): Promise<readonly string[]> {
    const rows = await cast.database.rows<{ line: string }>(
      {
        text: `
          with u as (select n, at - 1 as user from unnest($1::int[]) with ordinality as u(n, at)),
          g as (select n, at - 1 as group from unnest($2::int[]) with ordinality as g(n, at))
          select 'member ' || u.user || ' ' || g.group || ' ' || s.name as line
          from assertion a join u on u.n = a.member_n join g on g.n = a.group_n join source s on s.n = a.source_n
          where not a.suppressed
          union all
          select 'waits ' || u.user || ' ' || g.group || ' ' || r.kind
          from join_request r join u on u.n = r.user_n join g on g.n = r.group_n where r.state = 'pending'
          union all
          select 'delegated ' || u.user || ' ' || g.group || ' ' || d.can_add || ' ' || d.can_remove
          from delegation d join u on u.n = d.user_n join g on g.n = d.group_n`,
      },
      [users.map(({ n }) => n), groups.map(({ n }) => n)],
    );
    return rows.map(({ line }) => line).sort();
  }
});

function flagged(flag: Flag, isSet: boolean): Partial<GroupState> {
  return flag === 'reserved' ? { reservedTo: isSet ? 'csv' : null } : { [flag]: isSet };
}

function at<T>(list: readonly T[], index: number): T {
  const one = list[index];
  if (one === undefined) throw new Error(`There is no ${index}.`);
  return one;
}
