import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readRule } from '../../src/core/rules.ts';
import { buildRegistry } from '../../src/core/scim/registry.ts';
import { changeGroup, createGroup, newGroupState } from '../../src/directory/groups.ts';
import { addMember } from '../../src/directory/memberships.ts';
import { changeUser, createStub, createUser, deleteUser } from '../../src/directory/users.ts';
import type { GroupRow } from '../../src/store/groups.ts';
import { openTestDirectory, type TestDirectory } from '../support/directory.ts';

const registry = buildRegistry([]);
const ruleOf = (text: string) => readRule(registry, text);

describe('a rule group', () => {
  let test: TestDirectory;
  beforeAll(async () => {
    test = await openTestDirectory();
  });
  afterAll(() => test.close());

  const rule = (name: string, text: string) =>
    test.do((work) => createGroup(work, { ...newGroupState, name, rule: ruleOf(text) }));
  const person = (userName: string, document: Record<string, unknown> = {}) =>
    test.do((work) => createUser(work, { userName, active: true, externalId: null, document }));
  const edit = (group: GroupRow, text: string | null) =>
    test.do((work) =>
      changeGroup(work, {
        group: group.id,
        ifMatch: null,
        edit: (state) => ({ ...state, rule: text === null ? null : ruleOf(text) }),
      }),
    );
  const listed = async ({ n }: GroupRow) =>
    (
      await test.database.rows<{ n: number }>({
        text: `select distinct member_n as n from assertion where group_n = ${n} and not suppressed order by 1`,
      })
    ).map((row) => row.n);
  const moves = async ({ n }: GroupRow) =>
    test.database.rows<{ added: number[] | null; removed: number[] | null; source: string }>({
      text: `select added, removed, s.name as source from change c join source s on s.n = c.source_n
             where group_n = ${n} and type = 'membership.direct' order by seq`,
    });

  it('is filled when it is made, and follows every change of a user at once (D-15)', async () => {
    const anna = await person('anna', { title: 'Chef' });
    const bert = await person('bert', { title: 'Boss' });
    const chefs = await rule('chefs', 'title eq "chef" and active eq true');
    expect(chefs.kind).toBe('rule');
    expect(await listed(chefs)).toEqual([anna.n]);
    const change = (user: typeof anna, document: object, active = true) =>
      test.do((work) =>
        changeUser(work, {
          user: user.id,
          ifMatch: null,
          edit: (state) => ({ ...state, active, document: { ...state.document, ...document } }),
        }),
      );
    await change(bert, { title: 'CHEF' });
    expect(await listed(chefs)).toEqual([anna.n, bert.n]);
    await change(bert, { nickName: 'Bertie' });
    await change(anna, {}, false);
    expect(await listed(chefs)).toEqual([bert.n]);
    await change(anna, {}, true);
    await test.do((work) => deleteUser(work, { user: bert.id, ifMatch: null }));
    expect(await listed(chefs)).toEqual([anna.n]);
    expect(await moves(chefs)).toEqual([
      { added: [anna.n], removed: null, source: 'system' },
      { added: [bert.n], removed: null, source: 'system' },
      { added: null, removed: [anna.n], source: 'system' },
      { added: [anna.n], removed: null, source: 'system' },
    ]);
  });

  it('moves only the difference when its rule changes: who stays never flaps (D-15)', async () => {
    const people = [];
    for (const [at, title] of ['x', 'x', 'y', 'z'].entries()) people.push(await person(`p${at}`, { title }));
    const [one, two, three, four] = people.map(({ n }) => n);
    const group = await rule('letters', 'title eq "x" or title eq "y"');
    await edit(group, 'title eq "y" or title eq "z"');
    expect(await listed(group)).toEqual([three, four]);
    expect((await moves(group)).slice(1)).toEqual([
      { added: null, removed: [one, two], source: 'system' },
      { added: [four], removed: null, source: 'system' },
    ]);
    const { isChanged } = await edit(group, ' title eq "y" or title eq "z" ');
    expect(isChanged).toBe(false);
    expect((await edit(group, null)).group.kind).toBe('regular');
    expect(await listed(group)).toEqual([]);
  });

  it('takes over a group that people filled, and leaves those who fit in it (D-14, D-15)', async () => {
    const [fit, unfit] = [await person('fit', { title: 'keeper' }), await person('unfit')];
    const inner = await test.group('inner');
    const group = await test.group('keepers', fit, unfit, inner);
    await edit(group, 'title eq "keeper"');
    expect(await listed(group)).toEqual([fit.n]);
    const [, moved] = await moves(group);
    expect(moved?.removed).toEqual([unfit.n, inner.n].sort((a, b) => a - b));
    expect(
      await test.database.rows({ text: `select 1 from closure where descendant = ${inner.n}` }),
    ).toHaveLength(1);
    await expect(
      test.do((work) => addMember(work, { group: group.id, member: unfit.id })),
    ).rejects.toMatchObject({
      code: 'group.automatic',
    });
  });

  it('lists no stub until it arrives', async () => {
    const group = await rule('s', 'userName sw "stub"');
    const stub = await test.do((work) => createStub(work, { userName: 'stub1', document: {} }));
    expect(await listed(group)).toEqual([]);
    await person('stub1');
    expect(await listed(group)).toEqual([stub.n]);
  });

  it('takes department and what else only the enterprise extension has without its URN (D-15)', async () => {
    const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
    const inside = await person('inside', { [enterprise]: { department: 'IT' } });
    await person('outside', { [enterprise]: { department: 'HR' } });
    const group = await rule('it', 'department eq "IT" and active eq true');
    expect(await listed(group)).toEqual([inside.n]);
    const later = await person('later', { [enterprise]: { department: 'it' } });
    expect(await listed(group)).toEqual([inside.n, later.n]);
    expect(() => ruleOf('affiliations eq "staff"')).toThrow(/cannot look at/);
  });

  it('refuses a rule that looks beyond the user’s own record (D-15)', () => {
    for (const text of [
      'groups.value eq "x"',
      'groups[display eq "x"]',
      'externalId eq "x"',
      'meta.lastModified gt "2020-01-01T00:00:00Z"',
      'schemas eq "x"',
      'urn:muster:params:scim:schemas:extension:2.0:User:affiliations eq "staff"',
      'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName eq "x"',
      'password eq "x"',
      'title eq',
      'nothing eq "x"',
    ]) {
      expect(() => ruleOf(text)).toThrow(/filter cannot be read/);
    }
  });

  it('means the same in SQL, for the back-fill, and to the evaluator, for one user (property)', async () => {
    const word = fc.constantFrom('a', 'A', 'Straße', 'STRASSE', 'ä', 'ab', '😀', '');
    const document = fc.record(
      {
        title: fc.constantFrom('a', 'A', 'Straße', 'ab', '😀'),
        displayName: fc.constantFrom('a', 'b', 'STRASSE'),
        emails: fc.array(
          fc.record({ value: fc.constantFrom('a', 'b'), type: fc.constantFrom('work', 'home') }),
          { minLength: 1, maxLength: 2 },
        ),
        'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': fc.record({
          department: fc.constantFrom('IT', 'it', 'ä'),
        }),
      },
      { requiredKeys: [] },
    );
    const leaf = fc
      .tuple(
        fc.constantFrom(
          'title',
          'displayName',
          'userName',
          'emails.value',
          'emails',
          'id',
          'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department',
        ),
        fc.constantFrom('eq', 'ne', 'co', 'sw', 'ew', 'gt', 'le'),
        word,
      )
      .map(([name, op, value]) => `${name} ${op} ${JSON.stringify(value)}`);
    const other = fc.constantFrom(
      'active eq true',
      'title pr',
      'emails[type eq "work" and value eq "a"]',
      'meta.created gt "2020-01-01T00:00:00Z"',
      'title eq null',
    );
    const text = fc
      .array(fc.oneof(leaf, other), { minLength: 1, maxLength: 3 })
      .chain((leaves) =>
        fc.constantFrom(leaves.join(' and '), leaves.join(' or '), `not (${leaves.join(' or ')})`),
      );
    let count = 0;
    await fc.assert(
      fc.asyncProperty(text, fc.array(document, { minLength: 1, maxLength: 4 }), async (rules, documents) => {
        count += 1;
        const before = await rule(`live ${count}`, rules);
        for (const [at, one] of documents.entries()) await person(`live${count}.${at}`, one);
        const after = await rule(`filled ${count}`, rules);
        const [live, filled] = [await listed(before), await listed(after)];
        expect(live).toEqual(filled);
        for (const group of [before, after]) await edit(group, 'userName eq "nobody at all"');
      }),
      { numRuns: 40 },
    );
  });
});
