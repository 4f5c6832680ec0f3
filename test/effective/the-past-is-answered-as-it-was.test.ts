import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { GroupN } from '../../src/core/ids.ts';
import { type Moment, readMoment } from '../../src/core/moment.ts';
import { readRule } from '../../src/core/rules.ts';
import { buildRegistry } from '../../src/core/scim/registry.ts';
import { changeGroup, createGroup, newGroupState } from '../../src/directory/groups.ts';
import { changeUser } from '../../src/directory/users.ts';
import { explanationText } from '../../src/cli/explanation-text.ts';
import { explain, explainAt } from '../../src/effective/explain.ts';
import {
  countPastMembers,
  findPastGroup,
  movedBetween,
  pastMembersPage,
  readKeptHistory,
} from '../../src/store/effective/as-of.ts';
import { forgetHistory } from '../../src/store/history-retention.ts';
import { sweepDeletedGroups } from '../../src/store/leftovers.ts';
import { openTestDirectory, type TestDirectory } from '../support/directory.ts';
import { carryOut, type Choice, naiveSets, type People, type Sets } from './living-directory.ts';

const anyChoice: fc.Arbitrary<Choice> = fc.record({
  verb: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('add' as const, 'remove' as const) },
    { weight: 5, arbitrary: fc.constantFrom('nest' as const, 'nest' as const, 'unnest' as const) },
    { weight: 3, arbitrary: fc.constantFrom('activate' as const, 'deactivate' as const) },
    { weight: 1, arbitrary: fc.constantFrom('deleteUser' as const, 'deleteGroup' as const) },
  ),
  group: fc.nat(4),
  other: fc.nat(4),
  source: fc.constantFrom('console' as const, 'csv' as const),
});

const registry = buildRegistry([]);
const titles = ['a', 'b', 'c'];

describe('history', () => {
  let test: TestDirectory;
  let count = 0;
  beforeAll(async () => {
    test = await openTestDirectory();
  });
  afterAll(() => test.close());

  async function now(): Promise<Moment> {
    const [row] = await test.database.rows<{ at: Moment }>({
      text: `select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at`,
    });
    if (row === undefined) throw new Error('No clock.');
    return row.at;
  }

  async function cast(): Promise<People> {
    count += 1;
    const users = await Promise.all([0, 1, 2].map((n) => test.user(`user ${count} ${n}`)));
    const groups = await Promise.all([0, 1, 2, 3].map((n) => test.group(`group ${count} ${n}`)));
    const ruled = await test.do((work) =>
      createGroup(work, {
        ...newGroupState,
        name: `rule ${count}`,
        rule: readRule(registry, 'title eq "a"'),
      }),
    );
    return { users, groups: [...groups, ruled] };
  }

  /** Members of each group of the cast that had some, by SQL. */
  async function past(people: People, at: Moment): Promise<Sets> {
    const sets: Record<number, number[]> = {};
    for (const { id } of people.groups) {
      const group = await findPastGroup(test.database, id, at);
      if (group === null) continue;
      const asked = { group: group.n, list: 'effective', at } as const;
      const rows = await pastMembersPage(test.database, asked, { after: 0, limit: 100 });
      expect(await countPastMembers(test.database, asked)).toBe(rows.length);
      if (rows.length > 0) sets[group.n] = rows.map(({ n }) => n);
    }
    return sets;
  }

  const ofCast = (people: People, sets: Sets): Sets =>
    Object.fromEntries(people.groups.flatMap(({ n }) => (sets[n] === undefined ? [] : [[n, sets[n]]])));

  it('answers at every past moment what the naive fixpoint said then (D-23, property)', async () => {
    const step = fc.oneof(
      { weight: 8, arbitrary: anyChoice },
      {
        weight: 2,
        arbitrary: fc.record({ retitle: fc.nat(2), user: fc.nat(2) }),
      },
      { weight: 1, arbitrary: fc.record({ rule: fc.nat(2) }) },
      { weight: 1, arbitrary: fc.constant({ sweep: true as const }) },
    );
    const title = (at: number): string => titles[at] ?? 'a';
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 18 }), async (steps) => {
        const people = await cast();
        const recorded: { readonly at: Moment; readonly sets: Sets }[] = [];
        for (const one of steps) {
          if ('verb' in one) await carryOut(test, people, one);
          else if ('sweep' in one) await sweepDeletedGroups(test.database, 1_000);
          else {
            const [user, group] = [people.users['user' in one ? one.user : 0], people.groups.at(-1)];
            if (user === undefined || group === undefined) throw new Error('An empty cast.');
            await test
              .do(async (work): Promise<unknown> =>
                'user' in one
                  ? changeUser(work, {
                      user: user.id,
                      ifMatch: null,
                      edit: (state) => ({ ...state, document: { title: title(one.retitle) } }),
                    })
                  : changeGroup(work, {
                      group: group.id,
                      ifMatch: null,
                      edit: (state) => ({
                        ...state,
                        rule: readRule(registry, `title eq "${title(one.rule)}"`),
                      }),
                    }),
              )
              .catch((error: unknown) => {
                if (!(error instanceof Error && 'code' in error && String(error.code).endsWith('not_found')))
                  throw error;
              });
          }
          recorded.push({ at: await now(), sets: ofCast(people, await naiveSets(test.database)) });
        }
        for (const { at, sets } of recorded) expect(await past(people, at)).toEqual(sets);
        const [first, last] = [recorded[0], recorded.at(-1)];
        if (first === undefined || last === undefined) return;
        for (const { n } of people.groups) {
          const asked = { group: n as GroupN, list: 'effective', at: first.at, until: last.at } as const;
          const rows = await movedBetween(test.database, asked, { after: 0, limit: 100 });
          const [before, after] = [first.sets[n] ?? [], last.sets[n] ?? []];
          expect(rows.filter(({ joined }) => joined).map(({ n: user }) => user)).toEqual(
            after.filter((user) => !before.includes(user)),
          );
          expect(rows.filter(({ joined }) => !joined).map(({ n: user }) => user)).toEqual(
            before.filter((user) => !after.includes(user)),
          );
        }
      }),
      { numRuns: 25 },
    );
  }, 60_000);

  it('explains a membership of then by what stood then (D-20, D-23)', async () => {
    const anna = await test.user('anna');
    const [inner, other] = [await test.group('inner', anna), await test.group('other', anna)];
    const outer = await test.group('outer', inner, other);
    const then = await now();
    await test.do((work) =>
      changeUser(work, { user: anna.id, ifMatch: null, edit: (state) => ({ ...state, active: false }) }),
    );
    await carryOut(test, { users: [anna], groups: [outer, inner] }, choice('unnest', 0, 1));
    await carryOut(test, { users: [anna], groups: [other] }, choice('deleteGroup', 0, 0));
    const seen = await explainAt(test.database, { user: anna.id, group: outer.id, at: then });
    expect(seen).toMatchObject({ at: then, isMember: true, paths: { shown: 2, total: 2 } });
    expect(seen.endedBy).toHaveLength(2);
    const today = await explain(test.database, anna.id, outer.id);
    expect([today.isMember, today.whyNot.map(({ reason }) => reason)]).toEqual([
      false,
      ['inactive', 'no_path'],
    ]);
    const between = await explainAt(test.database, { user: anna.id, group: outer.id, at: await now() });
    expect(between.whyNot.map(({ reason }) => reason)).toEqual(['inactive', 'no_path']);
  });

  it('tells the rule that a membership follows from, now and then, and which of its terms fails (D-21)', async () => {
    const rule = (text: string) => ({ ...newGroupState, name: 'cooks', rule: readRule(registry, text) });
    const bert = await test.user('bert');
    const edit = (title: string) =>
      test.do((work) =>
        changeUser(work, {
          user: bert.id,
          ifMatch: null,
          edit: (state) => ({ ...state, document: { title } }),
        }),
      );
    await edit('cook');
    const group = await test.do((work) => createGroup(work, rule('title eq "cook" and active eq true')));
    const outer = await test.group('kitchen', group);
    const then = await now();
    const leaf = {
      kind: 'direct',
      rule: 'title eq "cook" and active eq true',
      sources: [{ source: 'system' }],
    };
    const explained = await explain(test.database, bert.id, outer.id);
    expect(explained.via).toMatchObject([{ kind: 'nested', via: [leaf] }]);
    expect(explanationText(explained, 'bert')).toContain('changing what puts bert into cooks.');
    await edit('waiter');
    expect((await explain(test.database, bert.id, group.id)).whyNot).toEqual([
      { reason: 'rule_term', nearest: [], terms: ['title eq "cook"'] },
    ]);
    expect((await explain(test.database, bert.id, outer.id)).whyNot).toMatchObject([
      { reason: 'no_path' },
      { reason: 'rule_term', nearest: [{ id: group.id }], terms: ['title eq "cook"'] },
    ]);
    await test.do((work) =>
      changeGroup(work, { group: group.id, ifMatch: null, edit: () => rule('title eq "chef"') }),
    );
    const was = await explainAt(test.database, { user: bert.id, group: group.id, at: then });
    expect(was.via).toMatchObject([leaf]);
    expect(was.via[0]?.sources).toHaveLength(1);
  });

  it('tells of a request and a held plan that would lead there (D-21)', async () => {
    const [carl, group] = [await test.user('carl'), await test.group('club')];
    const outer = await test.group('clubs', group);
    await test.database.rows({
      text: `insert into join_request (kind, group_n, user_n, expires_at) values ('join', ${group.n}, ${carl.n}, now() + interval '1 day')`,
    });
    await test.database.rows({
      text: `with made as (
               insert into plan (kind, state, subject, title, source_n, request, counts, hash, actor_kind, actor_id)
               values ('feed', 'held', 'x', 'x', 1, '{}', '{}', 'x', 'feed', 'csv') returning n)
             insert into plan_operation (plan_n, at, type, group_n, added)
             select n, 1, 'membership.direct', ${group.n}, array[${carl.n}] from made`,
    });
    const { whyNot } = await explain(test.database, carl.id, outer.id);
    expect(whyNot.map(({ reason, nearest }) => [reason, nearest.map(({ id }) => id)])).toEqual([
      ['no_path', [outer.id, group.id]],
      ['request_pending', [group.id]],
      ['held', [group.id]],
    ]);
  });

  it('refuses what is yet to come, what is longer ago than it is kept, and what is no time (D-23)', async () => {
    const kept = await readKeptHistory(test.database, 400);
    const ahead = new Date(kept.until.getTime() + 60_000).toISOString();
    for (const text of [ahead, '2001-01-01T00:00:00Z', 'yesterday', '2026-13-01T00:00:00Z', '2026-01-01']) {
      expect(() => readMoment(text, kept)).toThrow(/Nothing is known of/);
    }
    const at = await now();
    expect(readMoment(at, { ...kept, until: new Date(Date.parse(at) + 1) })).toBe(at);
  });

  it('forgets what ended before that', async () => {
    await test.database.rows({
      text: `insert into membership_past (group_n, member_n, source_n, member_kind, since, until)
             select 1, 2, 1, 'u', now() - interval '500 days', now() - n * interval '1 day' from unnest(array[399, 401, 450]) n`,
    });
    expect(await forgetHistory(test.database, 400, 1)).toBe(true);
    expect(await forgetHistory(test.database, 400, 10)).toBe(false);
    const left = { text: `select 1 from membership_past where until < now() - interval '390 days'` };
    expect(await test.database.rows(left)).toHaveLength(1);
  });
});

function choice(verb: Choice['verb'], group: number, other: number): Choice {
  return { verb, group, other, source: 'console' };
}
