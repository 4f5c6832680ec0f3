import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import pg from 'pg';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { type Installation, makeInstallation } from '../support/muster.ts';

// Two daemons are started, which takes its time on a busy machine.
jest.setTimeout(120_000);

const TOKEN = 'mst_the-token-of-the-restored-directory-0123456789';

describe('a directory that was restored or copied (P-01)', () => {
  let database: TestDatabase;
  let copy: string;
  const started: Installation[] = [];
  beforeAll(async () => {
    database = await freshDatabase();
    copy = `${new URL(database.url).pathname.slice(1)}_copy`;
  });
  afterAll(async () => {
    for (const one of started) await one.remove();
    await atServer(`drop database if exists ${copy} with (force)`);
    await database.close();
  });

  const masterKey = randomBytes(32).toString('base64');
  async function muster(url: string): Promise<Installation> {
    const one = await makeInstallation({
      DATABASE_URL: url,
      MUSTER_BOOTSTRAP_TOKEN: TOKEN,
      MUSTER_MASTER_KEY: masterKey,
      MUSTER_BASE_URL: 'http://muster.test',
    });
    started.push(one);
    return one;
  }

  async function ask(one: Installation, method: string, path: string, body?: object) {
    const answer = await fetch(`${one.address}/api/v1${path}`, {
      method,
      headers: { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, cursor: answer.headers.get('Muster-Cursor') ?? '', text };
  }

  async function atServer(text: string): Promise<void> {
    const url = new URL(database.url);
    url.pathname = '/postgres';
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    await client.query(text);
    await client.end();
  }

  it('answers 410 to every cursor of before, and tells where to start anew; the original goes on', async () => {
    const original = await muster(database.url);
    const daemon = await original.serve();
    const user = JSON.parse((await ask(original, 'POST', '/users', { userName: 'ada' })).text);
    const group = JSON.parse((await ask(original, 'POST', '/groups', { name: 'group1' })).text);
    const { cursor } = await ask(original, 'PUT', `/groups/${group.id}/members/users/${user.id}`);
    await eventually(async () => {
      const { text } = await ask(original, 'GET', `/changes?after=${cursor}`);
      expect(text).toContain(`"joined":["${user.id}"]`);
    });
    await daemon.end('SIGTERM');

    await atServer(`create database ${copy} template ${new URL(database.url).pathname.slice(1)}`);
    const copied = new URL(database.url);
    copied.pathname = `/${copy}`;
    const restored = await muster(copied.href);
    await restored.serve();
    const refused = await ask(restored, 'GET', `/changes?after=${cursor}`);
    expect(refused.status).toBe(410);
    expect(JSON.parse(refused.text)).toMatchObject({
      code: 'cursor.expired',
      snapshot: 'http://muster.test/api/v1/snapshot',
    });
    expect((await ask(restored, 'GET', `/snapshot?atLeast=${cursor}`)).status).toBe(410);
    const lines = (await ask(restored, 'GET', '/snapshot')).text.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toContainEqual(
      expect.objectContaining({ kind: 'group', id: group.id, members: [user.id] }),
    );

    await original.serve();
    expect((await ask(original, 'GET', `/changes?after=${cursor}`)).status).toBe(200);
  });
});
