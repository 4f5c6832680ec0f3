import type { Person } from '../../src/core/actor.ts';
import type { Attribution } from '../../src/core/attribution.ts';
import type { GroupId, UserId } from '../../src/core/ids.ts';
import { defaultJoiningRules, type JoiningRules } from '../../src/core/joining.ts';
import { isRefusal } from '../../src/core/refusal.ts';
import { governGroup, type Governance } from '../../src/directory/governance.ts';
import { createGroup, type GroupState, newGroupState } from '../../src/directory/groups.ts';
import { addMember } from '../../src/directory/memberships.ts';
import { approveRequest, joinGroup, leaveGroup, type WishGranted } from '../../src/directory/requests.ts';
import { perform, type Work } from '../../src/directory/work.ts';
import type { GroupRow } from '../../src/store/groups.ts';
import { findPerson } from '../../src/store/people.ts';
import type { RequestRow } from '../../src/store/requests.ts';
import type { UserRow } from '../../src/store/users.ts';
import { openTestDirectory, type TestDirectory } from '../support/directory.ts';

type Ref = { readonly id: UserId };

/** A directory with people who ask: what they do is done in their own name. */
export interface Cast extends TestDirectory {
  /** The group whose members may ask. */
  readonly member: GroupRow;
  /** A user who may ask. */
  asker(name: string): Promise<UserRow>;
  /** A group of these flags; not internal, and shown, unless they say otherwise. */
  make(name: string, flags?: Partial<GroupState>, governance?: Governance): Promise<GroupRow>;
  /** Somebody as an actor, with what it may do now. */
  person(user: Ref): Promise<Person>;
  /** Runs verbs in a person's own name. */
  by<T>(user: Ref, source: 'console' | 'self-service', task: (work: Work) => Promise<T>): Promise<T>;
  join(user: Ref, group: { readonly id: GroupId }, reason?: string): Promise<WishGranted>;
  /** A wish that a program hands in, whoever it is about. */
  wishFor(kind: 'join' | 'leave', user: Ref, group: { readonly id: GroupId }): Promise<WishGranted>;
  /** Whether somebody could sign in. */
  isThere(user: Ref): Promise<boolean>;
  leave(user: Ref, group: { readonly id: GroupId }): Promise<WishGranted>;
  /** Asks and answers the request; fails when it took effect at once. */
  ask(user: Ref, group: { readonly id: GroupId }): Promise<RequestRow>;
  approve(user: Ref, request: { readonly id: string }): Promise<RequestRow>;
  /** Names of the direct users of a group. */
  members(group: GroupRow): Promise<readonly string[]>;
  rules: JoiningRules;
}

/** Opens one; close it at the end of the file. */
export async function openCast(): Promise<Cast> {
  const test = await openTestDirectory();
  const member = await test.do(async (work) => {
    const group = await createGroup(work, { ...newGroupState, name: 'Member' });
    await governGroup(work, { group: group.id, permissions: ['groups.request'], at: 'creation' });
    return group;
  });
  const person = async (user: Ref): Promise<Person> => {
    const found = await findPerson(test.database, user.id);
    if (found === null) throw new Error('Nobody is there, or not active.');
    return found;
  };
  const cast: Cast = {
    ...test,
    member,
    rules: defaultJoiningRules,
    person,
    asker: async (name) => {
      const user = await test.user(name);
      await test.as('csv', (work) => addMember(work, { group: member.id, member: user.id }));
      return user;
    },
    make: (name, flags = {}, governance = {}) =>
      test.do(async (work) => {
        const state = { ...newGroupState, internal: false, hidden: false, name, ...flags };
        const group = await createGroup(work, state);
        await governGroup(work, { group: group.id, ...governance, at: 'creation' });
        return group;
      }),
    by: async (user, source, task) => {
      const by: Attribution = {
        actor: await person(user),
        onBehalfOf: null,
        source,
        origin: { kind: 'request', id: 'test' },
        requestId: 'test',
      };
      return (await perform({ ...test.directory, rules: cast.rules }, by, task)).result;
    },
    join: (user, group, reason) =>
      cast.by(user, 'self-service', (work) =>
        joinGroup(work, { group: group.id, user: user.id, reason: reason ?? null }),
      ),
    wishFor: (kind, user, group) =>
      test.as('self-service', (work) =>
        (kind === 'join' ? joinGroup : leaveGroup)(work, { group: group.id, user: user.id, reason: null }),
      ),
    isThere: async (user) => (await findPerson(test.database, user.id)) !== null,
    leave: (user, group) =>
      cast.by(user, 'self-service', (work) =>
        leaveGroup(work, { group: group.id, user: user.id, reason: null }),
      ),
    ask: async (user, group) => {
      const granted = await cast.join(user, group);
      if (granted.outcome !== 'requested') throw new Error(`It was ${granted.outcome} at once.`);
      return granted.request;
    },
    approve: (user, request) =>
      cast.by(user, 'self-service', (work) => approveRequest(work, { request: request.id, reason: 'ok' })),
    members: async (group) => {
      const rows = await test.database.rows<{ name: string }>(
        {
          text: `select distinct u.user_name as name from assertion a join users u on u.n = a.member_n
                 where a.group_n = $1 and not a.suppressed order by 1`,
        },
        [group.n],
      );
      return rows.map(({ name }) => name);
    },
  };
  return cast;
}

/** The code that something is refused with; `done` when it is not. */
export async function codeOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
    return 'done';
  } catch (error) {
    if (isRefusal(error)) return error.code;
    throw error;
  }
}
