import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { addMember, removeMember } from '../../src/directory/memberships.ts';
import type { GroupRow } from '../../src/store/groups.ts';
import type { UserRow } from '../../src/store/users.ts';
import { startChild } from '../support/child-process.ts';
import { eventually } from '../support/eventually.ts';
import { type QuirkServer, startQuirkServer } from '../support/quirk-server.ts';
import { openTestTargets, type TestTargets } from '../support/target-engine.ts';

const KILLS = Number(process.env.MUSTER_TEST_KILLS ?? 15);
const USERS = 40;
/** Printed with every run, so that one that fails can be told again. */
const SEED = Number(process.env.MUSTER_TEST_SEED ?? Date.now() % 1_000_000);

/** Numbers in [0, 1) from a seed (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

describe(`kill -9 of the engine, ${KILLS} times (seed ${SEED})`, () => {
  const random = numbers(SEED);
  let on: TestTargets;
  let server: QuirkServer;
  const groups: GroupRow[] = [];
  const users: UserRow[] = [];
  const members: Set<string>[] = [];

  beforeAll(async () => {
    server = await startQuirkServer({
      takesDuplicates: true,
      trick: () => ({ kind: 'delay', ms: random() * 20 }),
    });
    on = await openTestTargets({ drives: false });
    for (let i = 0; i < USERS; i += 1) users.push(await on.user(`u${i}`));
    for (const name of ['red', 'green', 'blue']) {
      groups.push(await on.group(name));
      members.push(new Set());
    }
    await on.add({
      name: 'shaky',
      type: 'scim',
      mode: 'enforce',
      scope: { groups: groups.map(({ id }) => id) },
      settings: { url: server.url, allowPrivate: true, timeoutSeconds: 1 },
      guards: { percent: 100, atLeast: 1_000 },
    });
  });
  afterAll(async () => {
    await on.close();
    await server.close();
  });

  const change = async (): Promise<void> => {
    const at = Math.floor(random() * groups.length);
    const user = users[Math.floor(random() * users.length)];
    const [group, inside] = [groups[at], members[at]];
    if (group === undefined || user === undefined || inside === undefined) return;
    const isLeaving = inside.has(user.user_name ?? '');
    await on.do((work) => (isLeaving ? removeMember : addMember)(work, { group: group.id, member: user.id }));
    if (isLeaving) inside.delete(user.user_name ?? '');
    else inside.add(user.user_name ?? '');
  };

  /** Token of whoever committed the newest attempt. */
  const newestHolder = async (): Promise<number> => {
    const [row] = await on.database.rows<{ token: number }>({
      text: 'select coalesce(max(lease_token), 0)::int as token from target_attempt',
    });
    return row?.token ?? 0;
  };

  it('leaves the target with exactly the members, each account once, and no addition repeated', async () => {
    const start = () =>
      startChild(['--import', 'tsx', 'test/support/engine-process.ts', on.url], { word: 'driving' });
    for (let kill = 0; kill < KILLS; kill += 1) {
      const engine = await start();
      const before = await newestHolder();
      while ((await newestHolder()) === before) await change();
      const end = Date.now() + random() * 150;
      while (Date.now() < end) await change();
      await engine.stop('SIGKILL');
    }
    const last = await start();
    try {
      await eventually(() => {
        const wanted = Object.fromEntries(
          groups.map(({ name }, at) => [name, [...(members[at] ?? [])].sort()]),
        );
        expect(server.held().groups).toEqual(wanted);
      }, 60_000);
    } finally {
      await last.stop();
    }
    const [lives] = await on.database.rows<{ n: number }>({
      text: 'select count(distinct lease_token)::int as n from target_attempt',
    });
    expect(lives?.n).toBeGreaterThanOrEqual(KILLS);
    const created = server.seen.filter(({ method }) => method === 'POST').length;
    expect(created).toBeGreaterThan(groups.length);
    server.tamper(({ users: accounts }) => {
      const names = [...accounts.values()].map(({ name }) => name);
      expect(names.sort()).toEqual([...new Set(names)].sort());
    });
    expect(server.repeatedAdds()).toBe(0);
  }, 600_000);
});
