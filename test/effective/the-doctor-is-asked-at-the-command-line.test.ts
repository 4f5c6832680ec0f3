import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import pg from 'pg';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { type Installation, makeInstallation } from '../support/muster.ts';

// A daemon and several commands are started, which takes its time on a busy machine.
jest.setTimeout(120_000);

const TOKEN = 'mst_the-token-of-the-doctor-0123456789-0123456789';

interface Finding {
  readonly check: string;
  readonly state: string;
  readonly says: string;
}

describe('muster doctor --verify beside a daemon', () => {
  let database: TestDatabase;
  let muster: Installation;
  beforeAll(async () => {
    database = await freshDatabase();
    muster = await makeInstallation({
      DATABASE_URL: database.url,
      MUSTER_BOOTSTRAP_TOKEN: TOKEN,
      MUSTER_MASTER_KEY: randomBytes(32).toString('base64'),
    });
    await muster.serve();
    const ada = await make('/users', { userName: 'ada' });
    const [inner, outer] = [
      await make('/groups', { name: 'inner' }),
      await make('/groups', { name: 'outer' }),
    ];
    await api('PUT', `/groups/${inner}/members/users/${ada}`);
    await api('PUT', `/groups/${outer}/members/groups/${inner}`);
    await eventually(async () => expect(await told()).toContain(ada));
  });
  afterAll(async () => {
    await muster.remove();
    await database.close();
  });

  async function api(method: string, path: string, body?: object): Promise<Response> {
    return fetch(`${muster.address}/api/v1${path}`, {
      method,
      headers: { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }
  async function make(path: string, body: object): Promise<string> {
    const made: unknown = await (await api('POST', path, body)).json();
    return made !== null && typeof made === 'object' && 'id' in made ? String(made.id) : '';
  }
  /** Who the feed says joined. */
  async function told(): Promise<string> {
    return (await api('GET', '/changes?type=membership.effective')).text();
  }
  async function sql(text: string): Promise<void> {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query(text);
    await client.end();
  }
  async function doctor(
    ...words: readonly string[]
  ): Promise<{ code: number | null; healthy: boolean; of: (check: string) => Finding | undefined }> {
    const { code, out } = await muster.run('doctor', '--verify', '--json', ...words);
    const { healthy, findings } = JSON.parse(out) as { healthy: boolean; findings: readonly Finding[] };
    return { code, healthy, of: (check) => findings.find((finding) => finding.check === check) };
  }

  it('ends with 0 where all is right, and has asked the daemon for its own index', async () => {
    const { code, healthy, of } = await doctor('--exit-code');
    expect({ code, healthy }).toEqual({ code: 0, healthy: true });
    expect(of('index')).toMatchObject({
      state: 'good',
      says: expect.stringMatching(/^That of the daemon agrees/),
    });
    expect([of('closure')?.state, of('feed')?.state]).toEqual(['good', 'good']);
  });

  it('mends a closure that is wrong: 9 with --exit-code, 0 without, and then nothing is found', async () => {
    const harm = 'delete from closure where descendant <> ancestor';
    await sql(harm);
    const { code, healthy, of } = await doctor('--exit-code');
    expect({ code, healthy }).toEqual({ code: 9, healthy: true });
    expect(of('closure')).toMatchObject({ state: 'mended', says: '1 rows were missing and 0 too many.' });
    expect(await doctor('--exit-code')).toMatchObject({ code: 0, healthy: true });
    await sql(harm);
    expect(await doctor()).toMatchObject({ code: 0, healthy: true });
  });

  it('finds that the index of the daemon has gone astray, and has it filled anew', async () => {
    // A membership that no log row tells of: the index cannot know it.
    await sql(`insert into assertion (group_n, member_n, source_n, member_kind)
               select g.n, u.n, 1, 'u' from groups g, users u where g.name = 'outer' and u.user_name = 'ada'`);
    const { code, of } = await doctor('--exit-code');
    expect(code).toBe(9);
    expect(of('index')).toMatchObject({ state: 'mended', says: expect.stringContaining('outer') });
    await eventually(async () => {
      expect((await doctor('--exit-code')).of('index')).toMatchObject({
        state: 'good',
        says: expect.stringMatching(/^That of the daemon agrees/),
      });
    }, 60_000);
  });

  it('ends with 3 where something has to be mended by hand, and with 6 where no database answers', async () => {
    const found = async (
      more: Readonly<Record<string, string>>,
      ...words: readonly string[]
    ): Promise<unknown> => {
      const { code, out } = await muster.runWith(more, 'doctor', '--json', ...words);
      const { healthy, findings } = JSON.parse(out) as { healthy: boolean; findings: readonly Finding[] };
      return {
        code,
        healthy,
        bad: findings.filter(({ state }) => state === 'bad').map(({ check }) => check),
      };
    };
    const otherKey = { MUSTER_MASTER_KEY: randomBytes(32).toString('base64') };
    expect(await found(otherKey)).toEqual({ code: 3, healthy: false, bad: ['master key'] });
    const noFolder = { DATABASE_URL: '', MUSTER_DATA_DIR: join(muster.folder, 'nothing') };
    expect(await found(noFolder, '--verify')).toEqual({ code: 3, healthy: false, bad: ['database'] });
    const nowhere = new URL(database.url);
    nowhere.port = '1';
    expect(await found({ DATABASE_URL: nowhere.href })).toEqual({
      code: 6,
      healthy: false,
      bad: ['database'],
    });
  });

  it('shows its door to nobody else', async () => {
    for (const token of [TOKEN, '', randomBytes(32).toString('base64url')]) {
      const answer = await fetch(`${muster.address}/verify`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}` },
      });
      expect(answer.status).toBe(404);
    }
  });
});
