import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readRule } from '../../src/core/rules.ts';
import { buildRegistry } from '../../src/core/scim/registry.ts';
import { makeEveryoneGroups } from '../../src/directory/everyone.ts';
import { createGroup, newGroupState } from '../../src/directory/groups.ts';
import { openTestFeeds, type TestFeeds } from './feed-support.ts';

describe('files about people', () => {
  let test: TestFeeds;
  beforeAll(async () => {
    test = await openTestFeeds();
    const rule = readRule(
      buildRegistry([]),
      'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "maths" and active eq true',
    );
    await makeEveryoneGroups(test.directory);
    await test.do((work) => createGroup(work, { ...newGroupState, name: 'Mathematicians', rule }));
  });
  afterAll(() => test.close());

  it('move people in and out of rule groups and the group of everyone, in the same import (D-13, D-15)', async () => {
    await test.import('userName,department,groups\nada,Maths,Choir\nalan,Maths,\ngrace,Navy,Choir\n');
    expect(await test.members('Mathematicians')).toEqual(['user:ada', 'user:alan']);
    expect(await test.members('Authenticated Users')).toEqual(['user:ada', 'user:alan', 'user:grace']);
    await test.import('userName,department,active,action\ngrace,MATHS,,\nada,,false,\nalan,,,delete\n');
    expect(await test.members('Mathematicians')).toEqual(['user:grace']);
    const past = await test.database.rows<{ name: string; kind: string }>({
      text: `select u.user_name as name, 'membership' as kind from membership_past p
             join users u on u.n = p.member_n join groups g on g.n = p.group_n and g.name = 'Mathematicians'
             union all select u.user_name, 'activity' from activity_past p join users u on u.n = p.user_n
             order by kind, name`,
    });
    expect(past).toEqual([
      { name: 'ada', kind: 'activity' },
      { name: 'alan', kind: 'activity' },
      { name: 'ada', kind: 'membership' },
      { name: 'alan', kind: 'membership' },
    ]);
  });
});
