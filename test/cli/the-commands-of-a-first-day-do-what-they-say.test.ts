import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { addMember } from '../../src/directory/memberships.ts';
import { type CommandLine, openCommandLine } from '../support/command-line.ts';
import { openTestDirectory, type TestDirectory } from '../support/directory.ts';

describe('muster', () => {
  let test: TestDirectory;
  let command: CommandLine;
  beforeAll(async () => {
    test = await openTestDirectory();
    command = await openCommandLine(test.url);
    const ada = await test.user('ada');
    const inner = await test.group('inner', ada);
    const outer = await test.group('outer');
    await test.do((work) => addMember(work, { group: outer.id, member: inner.id }));
  });
  afterAll(async () => {
    await command.close();
    await test.close();
  });

  it('members and groups follow nested groups, or list what was given directly', async () => {
    expect((await command.run('members', 'outer')).out).toMatch(/^ada\b/m);
    expect((await command.run('members', 'outer', '--direct')).out).toMatch(/\binner\b/);
    const effective = (await command.run('groups', 'ada')).out;
    expect(effective).toMatch(/\binner\b/);
    expect(effective).toMatch(/\bouter\b/);
    expect((await command.run('groups', 'ada', '--direct')).out).not.toMatch(/\bouter\b/);
    expect(await command.run('groups', 'nobody')).toMatchObject({ code: 2, out: '' });
  });

  it('client create, rotate, list and revoke, and token create, give tokens that differ and end', async () => {
    const made = await command.run('client', 'create', 'okta', '--profile', 'okta');
    expect(made).toMatchObject({ code: 0, out: expect.stringMatching(/^mst_\S+\n$/) });
    expect(await command.run('client', 'create', 'okta')).toMatchObject({ code: 8, out: '' });
    expect(await command.run('client', 'rotate', 'okta', '--overlap', 'never')).toMatchObject({
      code: 2,
      err: expect.stringContaining('token create'),
    });
    const rotated = await command.run('client', 'rotate', 'okta', '--overlap', '3d');
    expect(await daysLeft(test)).toEqual([3, 365]);
    const added = await command.run('token', 'create', '--client', 'okta');
    const tokens = [made, rotated, added].map(({ out }) => out);
    for (const token of tokens) expect(token).toMatch(/^mst_\S+\n$/);
    expect(new Set(tokens).size).toBe(3);
    expect((await command.run('client', 'list')).out).toMatch(/^okta\b/m);
    expect(await command.run('client', 'revoke', 'okta', '--yes')).toMatchObject({ code: 0 });
    expect(JSON.parse((await command.run('client', 'list', '--json')).out)).toEqual([]);
    expect(await command.run('client', 'rotate', 'okta')).toMatchObject({ code: 2, out: '' });
  });

  it('migrate finds nothing to do on a database of this version', async () => {
    expect(await command.run('migrate')).toMatchObject({ code: 0, out: 'Nothing to do.\n' });
  });
});

/** Whole days, rounded, that each token of a client is good for. */
async function daysLeft({ database }: TestDirectory): Promise<readonly number[]> {
  const text = `select round(extract(epoch from expires_at - now()) / 86400)::int as days
                from client_token order by days`;
  return (await database.rows<{ days: number }>({ text })).map(({ days }) => days);
}
