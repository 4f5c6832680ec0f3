import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { SetupProblem } from '../../src/core/setup-problem.ts';
import { openEmbedded } from '../../src/store/embedded/server.ts';
import { claimSoleUse } from '../../src/store/embedded/sole-use.ts';
import { type Child, startChild } from '../support/child-process.ts';
import { eventually } from '../support/eventually.ts';

const children: Child[] = [];
let dataDir: string;
let cluster: string;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'muster-embedded-'));
  cluster = join(dataDir, 'postgres/cluster');
});
afterAll(async () => {
  await Promise.all(children.map((child) => child.stop()));
  await eventually(() => expect(serverPid()).toBeNull());
  rmSync(dataDir, { recursive: true, force: true });
});

async function hold(): Promise<Child> {
  const child = await startChild(['--import', 'tsx', 'test/embedded/hold.ts', dataDir], { word: 'holding' });
  children.push(child);
  return child;
}

/** The process that the folder says has it open, if it lives. */
function serverPid(): number | null {
  const file = join(cluster, 'postmaster.pid');
  const pid = existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : 0;
  try {
    if (pid > 0) process.kill(pid, 0);
    return pid > 0 ? pid : null;
  } catch {
    return null;
  }
}

function companionsOf(pid: number): number[] {
  const all = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  const ours = all.filter((line) => line.includes('muster-database') && line.includes(cluster));
  return ours.map((line) => Number.parseInt(line, 10)).filter((other) => other !== pid);
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('the embedded database', () => {
  it('is one server for any number of processes that open it at once, the first time too', async () => {
    const held = await Promise.all(Array.from({ length: 4 }, hold));
    expect(new Set(held.map((child) => child.said)).size).toBe(1);
    const [first, ...others] = held;
    await query(first?.said ?? '', 'create table kept (n integer); insert into kept values (1)');

    await first?.stop('SIGTERM');
    expect(await query(others[0]?.said ?? '', 'select n from kept')).toEqual([{ n: 1 }]);

    await Promise.all(others.map((child) => child.stop('SIGTERM')));
    await eventually(() => expect(serverPid()).toBeNull());
  });

  it('ends with its last process when that is killed, and the next start finds the data', async () => {
    const killed = await hold();
    const pid = serverPid();
    expect(pid).not.toBeNull();
    await killed.stop('SIGKILL');
    const next = await hold();
    expect(await query(next.said, 'select n from kept')).toEqual([{ n: 1 }]);
    expect(serverPid()).not.toBe(pid);
    await next.stop('SIGTERM');
    expect(serverPid()).toBeNull();
  });

  it('is stopped by the next start when its companions were killed and nobody is left to do it', async () => {
    const killed = await hold();
    const orphan = serverPid() ?? 0;
    for (const pid of companionsOf(orphan)) process.kill(pid, 'SIGKILL');
    await killed.stop('SIGKILL');
    expect(serverPid()).toBe(orphan);

    const next = await hold();
    expect(serverPid()).not.toBe(orphan);
    expect(await query(next.said, 'select n from kept')).toEqual([{ n: 1 }]);
    await next.stop('SIGTERM');
  });

  it('starts beside another program that was given the number in its lock file', async () => {
    writeFileSync(
      join(cluster, 'postmaster.pid'),
      `${process.pid}\n${cluster}\n0\n5432\n\n127.0.0.1\n\nready\n`,
    );
    const server = await openEmbedded({ dataDir, durable: false });
    expect(await query(server.url, 'select n from kept')).toEqual([{ n: 1 }]);
    await server.stop();
  });

  it('tells its holder when it was killed under it', async () => {
    const server = await openEmbedded({ dataDir, durable: false });
    process.kill(serverPid() ?? 0, 'SIGKILL');
    await server.ended;
    await server.stop();
    const again = await openEmbedded({ dataDir, durable: false, port: server.port });
    expect(again.port).toBe(server.port);
    await again.stop();
  });

  it('is claimed by one daemon at a time, until that lets go or dies', async () => {
    const server = await openEmbedded({ dataDir, durable: false });
    const claim = await claimSoleUse(server.url);
    expect(claim).not.toBeNull();
    expect(await claimSoleUse(server.url)).toBeNull();
    await claim?.release();
    const next = await eventually(async () => {
      const taken = await claimSoleUse(server.url);
      expect(taken).not.toBeNull();
      return taken;
    });
    await next?.release();
    await server.stop();
  });

  it('sorts and folds the same on every machine, keeps its password to itself, and listens to this machine only', async () => {
    const server = await openEmbedded({ dataDir, durable: false });
    const sql = `select datlocprovider::text as provider, datlocale as locale, pg_encoding_to_char(encoding) as encoding,
      current_setting('listen_addresses') as listens from pg_database where datname = 'muster'`;
    expect(await query(server.url, sql)).toEqual([
      { provider: 'b', locale: 'C.UTF-8', encoding: 'UTF8', listens: '127.0.0.1' },
    ]);
    const wrong = new URL(server.url);
    wrong.password = 'wrong';
    await expect(query(wrong.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
    await server.stop();
  });

  it('of another major version is refused, with the steps to take', async () => {
    writeFileSync(join(cluster, 'PG_VERSION'), '16\n');
    const refused = await openEmbedded({ dataDir }).catch((error: unknown) => error);
    writeFileSync(join(cluster, 'PG_VERSION'), '18\n');
    expect(refused).toBeInstanceOf(SetupProblem);
    expect(refused).toMatchObject({ message: expect.stringMatching(/PostgreSQL 16.*PostgreSQL 18/) });
    expect(refused).toHaveProperty('steps.length', 3);
  });
});
