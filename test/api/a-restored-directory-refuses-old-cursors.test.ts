import { execFile, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import pg from 'pg';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { type Installation, makeInstallation } from '../support/muster.ts';

// Two daemons are started, which takes its time on a busy machine.
jest.setTimeout(120_000);

interface Change {
  readonly type: string;
  readonly causes?: readonly string[];
}

/** As if the dump came from a server that had counted a thousand million transactions more than this one. */
const FROM_AN_OLDER_SERVER = `
  update change set xid = (xid::text::bigint + 1000000000)::text::xid8;
  update feed_batch set horizon = (horizon::text::bigint + 1000000000)::text::xid8,
    snapshot = format('%1$s:%1$s:', pg_snapshot_xmax(snapshot)::text::bigint + 1000000000)::pg_snapshot`;

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

  /** By a dump where there are PostgreSQL's programs for it, of this server's version or later; else by a copy. */
  async function restoreInto(name: string): Promise<string> {
    const copied = new URL(database.url);
    copied.pathname = `/${name}`;
    if (!(await canDump())) {
      await atServer(`create database ${name} template ${new URL(database.url).pathname.slice(1)}`);
      return copied.href;
    }
    await atServer(`create database ${name} template template0`);
    const file = join(started[0]?.folder ?? '', 'muster.dump');
    const run = promisify(execFile);
    await run('pg_dump', ['--format=custom', `--file=${file}`, database.url]);
    await run('pg_restore', ['--no-owner', `--dbname=${copied.href}`, file]);
    return copied.href;
  }

  async function canDump(): Promise<boolean> {
    const { stdout: said, error } = spawnSync('pg_dump', ['--version'], { encoding: 'utf8' });
    if (error !== undefined) return false;
    const ours = Number(/\d+/.exec(said)?.[0] ?? 0);
    const [row] = await inDatabase(database.url, 'show server_version_num');
    return ours >= Math.floor(Number(row?.server_version_num) / 10_000);
  }

  async function inDatabase(url: string, text: string): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end();
    }
  }

  it('answers 410 to every cursor of before, and tells where to start anew; the original goes on', async () => {
    const original = await muster(database.url);
    const daemon = await original.serve();
    const user = JSON.parse((await ask(original, 'POST', '/users', { userName: 'ada' })).text);
    const group = JSON.parse((await ask(original, 'POST', '/groups', { name: 'group1' })).text);
    const target = await ask(original, 'POST', '/targets', {
      name: 'downstream',
      type: 'file',
      mode: 'enforce',
      scope: { groups: [group.id] },
      settings: { file: 'downstream.csv' },
    });
    expect(target).toMatchObject({ status: 201 });
    const downstream = `/targets/${JSON.parse(target.text).id}`;
    const { cursor } = await ask(original, 'PUT', `/groups/${group.id}/members/users/${user.id}`);
    await eventually(async () => {
      const { text } = await ask(original, 'GET', `/changes?after=${cursor}`);
      expect(text).toContain(`"joined":["${user.id}"]`);
    });
    await daemon.end('SIGTERM');

    const copied = await restoreInto(copy);
    await inDatabase(copied, FROM_AN_OLDER_SERVER);
    const restored = await muster(copied);
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

    expect(JSON.parse((await ask(restored, 'GET', downstream)).text)).toMatchObject({
      mode: 'observe',
    });

    // What is written from now on is told once, with its causes, and nothing of what was told before.
    const { cursor: now } = JSON.parse((await ask(restored, 'GET', '/changes?after=now')).text);
    const another = JSON.parse((await ask(restored, 'POST', '/users', { userName: 'bob' })).text);
    const path = `/groups/${group.id}/members/users/${another.id}`;
    const { cursor: caused } = await ask(restored, 'PUT', path);
    await eventually(async () => {
      const { status, text } = await ask(restored, 'GET', `/changes?after=${now}`);
      expect(status).toBe(200);
      const told = JSON.parse(text).changes.map(({ type, causes }: Change) => ({ type, causes }));
      expect(told).toContainEqual({
        type: 'membership.effective',
        causes: expect.arrayContaining([caused]),
      });
      expect(told.filter(({ type }: Change) => type === 'group.created')).toEqual([]);
    });

    await original.serve();
    expect((await ask(original, 'GET', `/changes?after=${cursor}`)).status).toBe(200);
  });
});
