import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { deriveKey } from '../../src/core/seal.ts';
import { addMember, removeMember } from '../../src/directory/memberships.ts';
import type { GroupRow } from '../../src/store/groups.ts';
import type { UserRow } from '../../src/store/users.ts';
import { targetVault } from '../../src/targets/secrets.ts';
import { type CommandLine, type CommandRan, openCommandLine } from '../support/command-line.ts';
import { eventually } from '../support/eventually.ts';
import { type QuirkServer, startQuirkServer } from '../support/quirk-server.ts';
import { openTestTargets, type TestTargets } from '../support/target-engine.ts';

const MASTER_KEY = 'the key of an installation of a test';

describe('muster target, push and drift', () => {
  let on: TestTargets;
  let command: CommandLine;
  let server: QuirkServer;
  let group: GroupRow;
  let ann: UserRow;
  let ben: UserRow;
  let waking: NodeJS.Timeout;
  const muster = (...words: readonly string[]): Promise<CommandRan> => command.run(...words);
  const target = (...words: readonly string[]): Promise<CommandRan> => muster('target', ...words);

  beforeAll(async () => {
    const key = createHash('sha256').update(MASTER_KEY).digest();
    const vault = targetVault(deriveKey(key, 'target-credentials'), randomBytes);
    server = await startQuirkServer({
      trick: ({ headers }) =>
        headers.authorization === 'Bearer right' ? null : { kind: 'answer', status: 401 },
    });
    on = await openTestTargets({ vault });
    command = await openCommandLine(on.url, { MUSTER_MASTER_KEY: MASTER_KEY });
    // Commands are a process of their own, whose commits the engine would see by and by.
    waking = setInterval(on.engine.wake, 20);
    [ann, ben] = [await on.user('ann'), await on.user('ben')];
    group = await on.group('staff', ann, ben);
  });
  afterAll(async () => {
    clearInterval(waking);
    await command.close();
    await on.close();
    await server.close();
    expect(on.faults).toEqual([]);
  });

  it('add one, once, and only where it may be', async () => {
    const add = (...words: readonly string[]) => target('add', 'wiki', '--type', 'scim', ...words);
    expect(await add('--url', server.url)).toMatchObject({
      code: 2,
      err: expect.stringContaining('is a private address; set allowPrivate'),
    });
    const words = ['--url', server.url, '--allow-private', '--bearer', 'wrong', '--group', 'staff'];
    expect(await add(...words, '--group', 'staf')).toMatchObject({
      code: 2,
      err: 'There is no group staf.\n',
    });
    expect(await target('add', 'empty', '--type', 'scim', ...words.slice(0, 5))).toMatchObject({
      code: 0,
      err: expect.stringContaining('no scope, so nothing is sent: muster target change empty --group'),
    });
    expect(await target('remove', 'empty', '--yes')).toMatchObject({ code: 0 });
    expect(await add(...words)).toEqual({ code: 0, out: '', err: 'Added wiki (scim), mode observe.\n' });
    expect(await add(...words)).toMatchObject({ code: 8 });
  });

  it('tell of credentials that are no good, and take better ones', async () => {
    expect(await target('test', 'wiki')).toMatchObject({
      code: 6,
      out: expect.stringMatching(/^failed: 401/),
    });
    expect(await target('resume', 'wiki')).toMatchObject({ code: 0, err: 'wiki is in mode enforce.\n' });
    expect(await muster('push', 'wiki')).toMatchObject({
      code: 6,
      out: expect.stringContaining('circuit  open  it does not accept the credentials: 401'),
    });
    expect((await target('list')).out).toMatch(
      /wiki +scim +enforce +down +1 +it does not accept the credentials/,
    );
    // A secret that looks like a number is text all the same.
    expect(await target('change', 'wiki', '--credential', 'bearer=20261122')).toMatchObject({ code: 0 });
    expect(await target('change', 'wiki', '--bearer', 'right', '--mode', 'observe')).toEqual({
      code: 0,
      out: '',
      err: 'wiki was changed; it is in mode observe.\n',
    });
    expect(await target('test', 'wiki')).toMatchObject({
      code: 0,
      out: 'ok: SCIM 2.0 service with 0 users\n',
    });
    const moved = await target('change', 'wiki', '--url', 'https://elsewhere.example.org');
    expect(moved).toMatchObject({ code: 2, err: expect.stringContaining('give credentials.bearer again') });
  });

  it('say what would be sent, and send it', async () => {
    expect((await muster('push', 'wiki', '--dry-run')).out).toContain(
      'add-members  staff: ann, ben  would be sent once their accounts are there\n',
    );
    await target('resume', 'wiki');
    await eventually(() => expect(server.held().groups.staff).toEqual(['ann', 'ben']));
    expect((await target('list')).out).toMatch(/wiki +scim +enforce +ok +1/);
    const log = await target('log', 'wiki', '--since', '1h');
    expect(log.out).toMatch(/add-members +staff +2: ann, ben +applied/);
    const objects = await target('objects', 'wiki', '--state', 'settled');
    expect(objects.out).toMatch(/user +ann +settled +active/);
    const shown = JSON.parse((await target('show', 'wiki')).out) as Record<string, unknown>;
    expect(shown).toMatchObject({
      credentials: { bearer: 'set' },
      holds: { users: 2, groups: 1, members: 2 },
    });
  });

  it('find what was done there by hand, by the look that was asked for and no earlier one (O-08)', async () => {
    const drift = (...words: readonly string[]) => muster('drift', 'wiki', ...words);
    expect(await drift('--exit-code')).toMatchObject({
      code: 0,
      err: expect.stringMatching(/Everything is as Muster left it/),
    });
    server.tamper(({ groups }) => {
      for (const one of groups.values()) one.members.clear();
    });
    const found = await drift('--exit-code');
    expect(found).toMatchObject({
      code: 9,
      out: expect.stringMatching(/members_missing +group +staff +ann, ben/),
    });
    await eventually(() => expect(server.held().groups.staff).toEqual(['ann', 'ben']));
    await eventually(async () => {
      expect(JSON.parse((await target('show', 'wiki')).out)).toMatchObject({ pending: { membersAdded: 0 } });
    });
    expect(await drift('--exit-code')).toMatchObject({ code: 0 });
    expect(await drift('--last')).toMatchObject({ code: 0, out: expect.stringContaining('members_missing') });
  });

  it('end with 5 where a guard holds the push, and with 2 where nothing is to be pushed', async () => {
    await target('change', 'wiki', '--guard', 'percent=0', '--guard', 'atLeast=0');
    await on.do((work) => removeMember(work, { group: group.id, member: ben.id }));
    expect(await muster('push', 'wiki')).toMatchObject({
      code: 5,
      out: expect.stringMatching(/^guard {2}plan /),
    });
    expect((await target('list')).err).toMatch(/^Pushes that a guard holds: 1 /);
    await target('pause', 'wiki');
    expect(await muster('push', 'wiki')).toMatchObject({
      code: 2,
      err: expect.stringContaining('wiki is off'),
    });
    expect(await muster('push', 'nowhere')).toMatchObject({ code: 2, err: 'There is no target nowhere.\n' });
    expect(server.held().groups.staff).toEqual(['ann', 'ben']);
  });

  it('say what stays refused, call it so, and name the target in the audit (O-06)', async () => {
    server.quirks.trick = ({ method, path }) =>
      method === 'PATCH' && path.startsWith('/Groups') ? { kind: 'answer', status: 501 } : null;
    await target('change', 'wiki', '--guard', 'percent=100', '--mode', 'enforce');
    const cyd = await on.user('cyd');
    await on.do((work) => addMember(work, { group: group.id, member: cyd.id }));
    await eventually(async () => {
      const blocked = await target('objects', 'wiki', '--state', 'blocked');
      expect(blocked.out).toMatch(/group +staff +blocked/);
    });
    expect(await muster('push', 'wiki')).toMatchObject({
      code: 0,
      err: expect.stringMatching(/refused or in conflict, .*muster target resume wiki sends it again/),
    });
    const found = await muster('audit', 'search', '--type', 'target.*');
    expect(found.out).toMatch(/target\.updated +wiki/);
  });

  it('forget one only when that is meant', async () => {
    expect(await target('remove', 'wiki')).toMatchObject({ code: 2 });
    expect(await target('remove', 'wiki', '--yes')).toMatchObject({ code: 0 });
    expect((await target('list', '--json')).out).toBe('[]\n');
  });
});
