import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { editMembers } from '../../src/directory/memberships.ts';
import { cancelRequest, denyRequest } from '../../src/directory/requests.ts';
import { createUser } from '../../src/directory/users.ts';
import type { GroupRow } from '../../src/store/groups.ts';
import type { UserRow } from '../../src/store/users.ts';
import { type Cast, codeOf, openCast } from './cast.ts';

/** A busy machine takes its time over so many transactions. */
jest.setTimeout(180_000);

const ROUNDS = Number(process.env.MUSTER_TEST_DECISION_RACES ?? 200);
/** Rounds at a time: enough to keep the pool busy with more races than its connections. */
const AT_ONCE = 8;

describe('races', () => {
  let cast: Cast;
  let leaders: readonly UserRow[];
  let askers: readonly UserRow[];
  let count = 0;
  beforeAll(async () => {
    cast = await openCast();
    leaders = [await cast.asker('one'), await cast.asker('two')];
    askers = await cast.do(async (work) => {
      const made: UserRow[] = [];
      for (let at = 0; at < ROUNDS; at += 1)
        made.push(
          await createUser(work, { userName: `a${at}`, active: true, externalId: null, document: {} }),
        );
      const steps = [{ do: 'add', members: made.map(({ id }) => id) }] as const;
      await editMembers(work, { group: cast.member.id, steps });
      return made;
    });
  });
  afterAll(() => cast.close());

  const led = (flags: { open?: boolean } = {}): Promise<GroupRow> => {
    count += 1;
    const refs = leaders.map(({ id }) => ({ type: 'user', id }) as const);
    return cast.make(`raced ${count}`, flags, { leaders: refs });
  };
  const inRounds = async (round: (user: UserRow) => Promise<void>): Promise<void> => {
    for (let done = 0; done < ROUNDS; done += AT_ONCE)
      await Promise.all(askers.slice(done, done + AT_ONCE).map(round));
  };
  const waiting = async (user: UserRow, group: GroupRow): Promise<string> => {
    const rows = await cast.database.rows<{ id: string }>(
      { text: `select id from join_request where user_n = $1 and group_n = $2` },
      [user.n, group.n],
    );
    expect(rows).toHaveLength(1);
    return rows[0]?.id ?? '';
  };
  const approving = (leader: UserRow | undefined, request: string): Promise<string> =>
    leader === undefined ? Promise.resolve('') : codeOf(cast.approve(leader, { id: request }));
  const told = async (group: GroupRow, type: string): Promise<number> => {
    const text = `select count(*)::int as n from change where group_n = $1 and type like $2`;
    return (await cast.database.rows<{ n: number }>({ text }, [group.n, type]))[0]?.n ?? 0;
  };
  const sizeOf = async (group: GroupRow): Promise<number> => (await cast.members(group)).length;

  it('J-13: of two approvers, and of one who approves and one who denies, one decides', async () => {
    const group = await led();
    const [one, two] = leaders;
    let approved = 0;
    await inRounds(async (user) => {
      const request = (await cast.ask(user, group)).id;
      const isDenied = user.n % 2 === 0 && two !== undefined;
      const second = isDenied
        ? codeOf(cast.by(two, 'self-service', (work) => denyRequest(work, { request, reason: null })))
        : approving(two, request);
      const came = await Promise.all([approving(one, request), second]);
      expect([...came].sort()).toEqual(['done', 'request.decided']);
      if (!isDenied || came[0] === 'done') approved += 1;
    });
    expect([await sizeOf(group), await told(group, 'request.approved')]).toEqual([approved, approved]);
    expect(await told(group, 'request.denied')).toBe(ROUNDS - approved);
  });

  it('J-07: of many who ask together one asks; J-03: of many who join together one joins', async () => {
    const [asked, open] = [await led(), await led({ open: true })];
    await inRounds(async (user) => {
      const asks = await Promise.all([1, 2].map(() => codeOf(cast.join(user, asked))));
      expect(asks.sort()).toEqual(['done', 'request.pending']);
      await waiting(user, asked);
      const joins = await Promise.all([1, 2].map(() => codeOf(cast.join(user, open))));
      expect(joins.sort()).toEqual(['done', 'join.already_member']);
    });
    expect([await told(asked, 'request.created'), await sizeOf(open)]).toEqual([ROUNDS, ROUNDS]);
    expect(await told(open, 'membership.direct')).toBe(ROUNDS);
  });

  it('J-13: of who approves and who takes the request back, one decides', async () => {
    const group = await led();
    let approved = 0;
    await inRounds(async (user) => {
      const request = (await cast.ask(user, group)).id;
      const came = await Promise.all([
        approving(leaders[0], request),
        codeOf(cast.by(user, 'self-service', (work) => cancelRequest(work, { request, reason: null }))),
      ]);
      expect([...came].sort()).toEqual(['done', 'request.decided']);
      if (came[0] === 'done') approved += 1;
    });
    expect([await sizeOf(group), await told(group, 'request.cancelled')]).toEqual([
      approved,
      ROUNDS - approved,
    ]);
  });
});
