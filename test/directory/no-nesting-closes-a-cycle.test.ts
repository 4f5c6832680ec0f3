import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { deleteGroup } from '../../src/directory/groups.ts';
import { addMember, editMembers, removeMember } from '../../src/directory/memberships.ts';
import type { GroupRow } from '../../src/store/groups.ts';
import { openTestDirectory, type TestDirectory } from '../support/directory.ts';

describe('nesting', () => {
  let test: TestDirectory;
  let count = 0;
  beforeAll(async () => {
    test = await openTestDirectory();
  });
  afterAll(() => test.close());

  const name = (letter: string) => `${letter}${count}`;
  const chain = async (): Promise<{ a: GroupRow; b: GroupRow; c: GroupRow }> => {
    count += 1;
    const c = await test.group(name('C'));
    const b = await test.group(name('B'), c);
    return { a: await test.group(name('A'), b), b, c };
  };
  const closure = async (): Promise<string[]> =>
    (
      await test.database.rows<{ pair: string }>({
        text: `select descendant || '>' || ancestor as pair from closure order by 1`,
      })
    ).map(({ pair }) => pair);
  const recomputed = async (): Promise<string[]> =>
    (
      await test.database.rows<{ pair: string }>({
        text: `with recursive up(d, a) as (
                 select n, n from groups where deleted_at is null
                 union
                 select u.d, e.group_n from up u
                 join assertion e on e.member_n = u.a and e.member_kind = 'g' and not e.suppressed)
               select d || '>' || a as pair from up order by 1`,
      })
    ).map(({ pair }) => pair);

  it('D-11: a cycle is refused and its whole path named', async () => {
    const { a, c } = await chain();
    await expect(test.do((work) => addMember(work, { group: c.id, member: a.id }))).rejects.toMatchObject({
      code: 'nesting.cycle',
      details: { path: [name('A'), name('B'), name('C'), name('A')] },
    });
    expect(await closure()).toEqual(await recomputed());
  });

  it('D-11: a group is not its own member', async () => {
    const { a } = await chain();
    await expect(test.do((work) => addMember(work, { group: a.id, member: a.id }))).rejects.toMatchObject({
      code: 'nesting.cycle',
      details: { path: [name('A'), name('A')] },
    });
  });

  it('D-11: a diamond is no cycle, and losing one of its sides keeps the other', async () => {
    const { a, b, c } = await chain();
    const side = await test.group(name('S'), c);
    await test.do((work) => addMember(work, { group: a.id, member: side.id }));
    await test.do((work) => removeMember(work, { group: a.id, member: b.id }));
    expect(await closure()).toEqual(await recomputed());
    expect(await closure()).toContain(`${c.n}>${a.n}`);
  });

  it('D-11: of two writers that close a cycle together one is refused', async () => {
    for (let round = 0; round < 20; round += 1) {
      count += 1;
      const x = await test.group(name('X'));
      const y = await test.group(name('Y'));
      const outcomes = await Promise.allSettled([
        test.do((work) => addMember(work, { group: x.id, member: y.id })),
        test.do((work) => addMember(work, { group: y.id, member: x.id })),
      ]);
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    }
    expect(await closure()).toEqual(await recomputed());
  });

  it('D-06: a deleted group leaves the closure, and its name is free', async () => {
    const { a, b } = await chain();
    await test.do((work) => deleteGroup(work, { group: b.id, ifMatch: null }));
    expect(await closure()).toEqual(await recomputed());
    expect((await closure()).filter((pair) => pair.endsWith(`>${a.n}`))).toEqual([`${a.n}>${a.n}`]);
    await expect(test.group(name('B'))).resolves.toMatchObject({ name: name('B') });
  });

  it('D-11: after any history of nesting, un-nesting and deleting the closure is the recomputed one', async () => {
    const step = fc.record({
      kind: fc.constantFrom('add', 'add', 'add', 'remove', 'replace', 'delete'),
      group: fc.nat(7),
      member: fc.nat(7),
      other: fc.nat(7),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (history) => {
        count += 1;
        const groups = await Promise.all(Array.from({ length: 8 }, (_, at) => test.group(name(`G${at}-`))));
        for (const { kind, group, member, other } of history) {
          const [at, inner, second] = [groups[group], groups[member], groups[other]];
          if (at === undefined || inner === undefined || second === undefined) continue;
          const members = [inner.id, second.id];
          await test
            .do(async (work) => {
              if (kind === 'delete') await deleteGroup(work, { group: at.id, ifMatch: null });
              else await editMembers(work, { group: at.id, steps: [{ do: kind, members }] });
            })
            .catch((error: unknown) => {
              expect((error as { code?: string }).code).toMatch(/^(nesting|group|member)\./);
            });
        }
        expect(await closure()).toEqual(await recomputed());
      }),
      { numRuns: 25 },
    );
  });
});
