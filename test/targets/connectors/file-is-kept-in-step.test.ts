import { existsSync, readdirSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { addMember, removeMember } from '../../../src/directory/memberships.ts';
import { setGroupRoles } from '../../../src/directory/roles.ts';
import type { GroupRow } from '../../../src/store/groups.ts';
import type { UserRow } from '../../../src/store/users.ts';
import { askForObservation } from '../../../src/targets/admin/ledger.ts';
import { testTarget } from '../../../src/targets/admin/pushing.ts';
import { fileConnector } from '../../../src/targets/connectors/file/connector.ts';
import { fileSettings } from '../../../src/targets/connectors/file/settings.ts';
import { eventually } from '../../support/eventually.ts';
import { openTestTargets, type TestTargets } from '../../support/target-engine.ts';

jest.setTimeout(60_000);

describe('a file target', () => {
  let on: TestTargets;
  let group: GroupRow;
  let users: UserRow[];
  const path = (name: string): string => join(on.targets.filesDir, name);
  const rows = (): readonly Record<string, string>[] =>
    parse(readFileSync(path('portal.csv'), 'utf8'), { columns: true });
  const members = (): string[] =>
    rows()
      .filter(({ action }) => action === 'import')
      .map(({ username = '' }) => username)
      .sort();
  const settlesAt = (names: readonly string[]): Promise<void> =>
    eventually(() => {
      expect(existsSync(path('portal.csv'))).toBe(true);
      expect(members()).toEqual(names);
    });

  beforeAll(async () => {
    on = await openTestTargets();
    users = await Promise.all(['ann', 'ben, the second', 'cyd "c"'].map((name) => on.user(name)));
    group = await on.group('Choir, large', ...users);
    const target = { type: 'file', mode: 'enforce', scope: { groups: [group.id] } };
    await on.add({ ...target, name: 'portal', settings: { file: 'portal.csv', roles: 'column' } });
    await on.add({ ...target, name: 'lines', settings: { file: 'all.ndjson', format: 'ndjson' } });
  });
  afterAll(async () => {
    await on.close();
    expect(on.faults).toEqual([]);
  });

  it("holds the memberships in the portal's format, each group emptied first, roles with it", async () => {
    await settlesAt(['ann', 'ben, the second', 'cyd "c"']);
    await on.do((work) => setGroupRoles(work, { group: group.id, roles: ['member'], at: 'change' }));
    await eventually(() => expect(rows().every(({ role }) => role === 'member')).toBe(true));
    expect(rows()[0]).toEqual({
      ...{ group: 'Choir, large', role: 'member', username: '*', isgroup: 'false', action: 'delete' },
    });
  });

  it('holds the same as lines of JSON', async () => {
    await eventually(() => {
      const lines = readFileSync(path('all.ndjson'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { type: string; user?: { userName: string } });
      const told = lines.filter(({ type }) => type === 'membership').map(({ user }) => user?.userName);
      expect(told.sort()).toEqual(['ann', 'ben, the second', 'cyd "c"']);
      expect(lines.filter(({ type }) => type === 'user')).toHaveLength(3);
    });
  });

  it('is never seen half-written: a new file takes the name of the old one', async () => {
    const torn: string[] = [];
    const watcher = watch(on.targets.filesDir, () => {
      const text = readFileSync(path('portal.csv'), 'utf8');
      if (!text.startsWith('group,role,') || !text.endsWith('\n')) torn.push(text);
    });
    const [user] = users;
    for (let round = 0; round < 5; round += 1) {
      await on.do((work) => removeMember(work, { group: group.id, member: user?.id ?? group.id }));
      await settlesAt(['ben, the second', 'cyd "c"']);
      await on.do((work) => addMember(work, { group: group.id, member: user?.id ?? group.id }));
      await settlesAt(['ann', 'ben, the second', 'cyd "c"']);
    }
    watcher.close();
    expect(torn).toEqual([]);
    expect(readdirSync(on.targets.filesDir).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('that was written by hand is put right by a full look (O-08)', async () => {
    writeFileSync(
      path('portal.csv'),
      'group,role,username,isgroup,action\n"Choir, large",,mallory,,import\n',
    );
    await askForObservation(on.targets, 'portal');
    await settlesAt(['ann', 'ben, the second', 'cyd "c"']);
  });

  it('says whether it can be written, having tried, and leaves nothing of the trial', async () => {
    expect(await testTarget(on.targets, 'portal', 'ann')).toMatchObject({ ok: true });
    // Permission is there, and the file could be read; its name leaves no room for the one that is written first.
    const long = { ...fileSettings.parse({ file: 'a.csv' }), file: 'a'.repeat(250) };
    const probe = await fileConnector(on.targets.filesDir, long).probe();
    expect(probe).toMatchObject({ kind: 'failed', outcome: { kind: 'down' } });
    expect(readdirSync(on.targets.filesDir).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it.each(['../escape.csv', '/etc/passwd', 'a/b.csv', '.hidden', 'ä'.repeat(101)])(
    'stays in its folder: %s',
    async (file) => {
      await expect(on.add({ name: file, type: 'file', settings: { file } })).rejects.toThrow('settings.file');
    },
  );
});
