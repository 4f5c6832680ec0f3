import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { makePlace, type Place, type RunningProcess } from './muster.ts';

// Each test starts processes, which on a busy machine take their time.
jest.setTimeout(180_000);

let place: Place;
const running: RunningProcess[] = [];
beforeAll(async () => {
  place = await makePlace();
});
afterAll(async () => {
  for (const { child } of running) child.kill('SIGKILL');
  await Promise.all(running.map(({ ended }) => ended));
  await eventually(() => expect(databaseRuns()).toBe(false));
  place.remove();
});

async function startDaemon(): Promise<RunningProcess> {
  const daemon = place.start(['serve']);
  running.push(daemon);
  const failed = daemon.ended.then(({ err }) => Promise.reject(new Error(err)));
  await Promise.race([failed, eventually(() => expect(daemon.said()).toMatch(/Muster runs at/), 120_000)]);
  return daemon;
}

function databaseRuns(): boolean {
  const file = join(place.folder, 'data/postgres/cluster/postmaster.pid');
  const pid = existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : 0;
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function users(token: string): Promise<{ status: number; names: string[] }> {
  const answer = await fetch(`${place.address}/scim/v2/Users`, {
    headers: { Authorization: `Bearer ${token}` },
  });
  const body = (await answer.json()) as { Resources?: { userName: string }[] };
  return { status: answer.status, names: (body.Resources ?? []).map(({ userName }) => userName) };
}

describe('a daemon on the embedded database', () => {
  let token = '';

  it('is ready when it says so, and shows the first token, which works', async () => {
    const daemon = await startDaemon();
    token = /mst_\S+/.exec(daemon.said())?.[0] ?? '';
    expect((await fetch(`${place.address}/readyz`)).status).toBe(200);
    expect((await fetch(`${place.address}/livez`)).status).toBe(200);
    expect(await (await fetch(`${place.address}/metrics`)).text()).toMatch(
      /^# TYPE http_server_request_duration_seconds/m,
    );
    expect(await users(token)).toEqual({ status: 200, names: [] });
    const body = JSON.stringify({
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
      userName: 'kept',
    });
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/scim+json' };
    const made = await fetch(`${place.address}/scim/v2/Users`, { method: 'POST', headers, body });
    expect(made.status).toBe(201);
  });

  it('is the only one on its data folder', async () => {
    const second = await place.run(['serve'], { MUSTER_PORT: '0' });
    expect(second.code).toBe(3);
    expect(second.err).toMatch(/runs on the data folder .* already.*process \d+/);
  });

  it('shares its database with commands', async () => {
    const listed = await place.run(['client', 'list', '--json']);
    expect(listed.code).toBe(0);
    expect(JSON.parse(listed.out)).toMatchObject([{ name: 'bootstrap' }]);
  });

  it('ends at SIGTERM with code 0 and takes the database with it', async () => {
    const [daemon] = running;
    daemon?.child.kill('SIGTERM');
    expect((await daemon?.ended)?.code).toBe(0);
    expect(databaseRuns()).toBe(false);
  });

  it('finds its data at the next start, and shows no secret', async () => {
    const daemon = await startDaemon();
    expect(daemon.said()).not.toMatch(/mst_/);
    expect(await users(token)).toEqual({ status: 200, names: ['kept'] });
  });

  it('starts again after it was killed', async () => {
    running.at(-1)?.child.kill('SIGKILL');
    const daemon = await startDaemon();
    expect(await users(token)).toEqual({ status: 200, names: ['kept'] });
    daemon.child.kill('SIGINT');
    expect((await daemon.ended).code).toBe(0);
  });

  it('leaves commands their database: they start it for their own time', async () => {
    const listed = await place.run(['client', 'list', '--json']);
    expect(JSON.parse(listed.out)).toMatchObject([{ name: 'bootstrap' }]);
    expect(databaseRuns()).toBe(false);
  });

  it('says that its port is taken, and by what to choose another', async () => {
    const other = await makePlace();
    const daemon = await startDaemon();
    const refused = await other.run(['serve'], { MUSTER_PORT: new URL(place.address).port });
    expect(refused.code).toBe(3);
    expect(refused.err).toMatch(/Port \d+ .* is in use[^]*MUSTER_PORT/);
    expect(refused.out).not.toMatch(/mst_/);
    daemon.child.kill('SIGTERM');
    await daemon.ended;
    other.remove();
  });
});

describe('a command', () => {
  it('ends with the documented code, its talk on standard error, its data alone on standard output', async () => {
    const [unknown, wrongSetting, unreachable, wrongUsage, print] = await Promise.all([
      place.run(['client', 'revoke', 'nobody', '--json']),
      place.run(['config', 'check'], { MUSTER_PRT: '1' }),
      place.run(['migrate'], { DATABASE_URL: 'postgres://u:planted@127.0.0.1:1/x' }),
      place.run(['grups', 'jan']),
      place.run(['config', 'print', '--json'], {
        MUSTER_BOOTSTRAP_TOKEN: 'planted-planted-planted-planted-planted',
      }),
    ]);
    expect(unknown).toMatchObject({ code: 2, out: '' });
    expect(JSON.parse(unknown.err)).toMatchObject({ error: 'client.not_found' });
    expect(wrongSetting).toMatchObject({
      code: 3,
      out: '',
      err: expect.stringMatching(/Did you mean MUSTER_PORT/),
    });
    expect(unreachable).toMatchObject({
      code: 6,
      out: '',
      err: expect.stringMatching(/No PostgreSQL answers/),
    });
    expect(wrongUsage).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/Did you mean groups/) });
    expect(print.code).toBe(0);
    expect(JSON.parse(print.out)).toContainEqual(
      expect.objectContaining({ name: 'port', origin: 'MUSTER_PORT' }),
    );
    for (const { out, err } of [unreachable, print]) expect(out + err).not.toMatch(/planted/);
  });
});
