import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { type Daemon, type Installation, makeInstallation } from '../support/muster.ts';

// Each test starts processes, which on a busy machine take their time.
jest.setTimeout(180_000);

let installation: Installation;
let metricsPort: number;
beforeAll(async () => {
  metricsPort = await freePort();
  installation = await makeInstallation({ MUSTER_METRICS_PORT: String(metricsPort) });
});
afterAll(() => installation.remove());

function databaseRuns(): boolean {
  const file = join(installation.folder, 'data/postgres/cluster/postmaster.pid');
  const pid = existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : 0;
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function users(token: string): Promise<{ status: number; names: string[] }> {
  const headers = { Authorization: `Bearer ${token}` };
  const answer = await fetch(`${installation.address}/scim/v2/Users`, { headers });
  const body = (await answer.json()) as { Resources?: { userName: string }[] };
  return { status: answer.status, names: (body.Resources ?? []).map(({ userName }) => userName) };
}

describe('a daemon on the embedded database', () => {
  let daemon: Daemon;
  let token = '';

  it('is ready when it says so, and shows the first token, which works', async () => {
    daemon = await installation.serve();
    token = /mst_\S+/.exec(daemon.greeting)?.[0] ?? '';
    for (const path of ['/livez', '/readyz']) {
      expect((await fetch(`${installation.address}${path}`)).status).toBe(200);
    }
    // They were given a port of their own, which has nothing else.
    expect((await fetch(`${installation.address}/metrics`)).status).toBe(404);
    const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    expect(metrics).toMatch(/^muster_database_connections\{state="idle"\} \d+$/m);
    expect((await fetch(`http://127.0.0.1:${metricsPort}/livez`)).status).toBe(404);
    expect(await users(token)).toEqual({ status: 200, names: [] });
    const made = await fetch(`${installation.address}/scim/v2/Users`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/scim+json' },
      body: JSON.stringify({ schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: 'kept' }),
    });
    expect(made.status).toBe(201);
  });

  it('is the only one on its data folder', async () => {
    const second = await installation.run('serve', '--port', '65000');
    expect(second.code).toBe(3);
    expect(second.err).toMatch(/runs on the data folder .* already.*process \d+/);
  });

  it('shares its database with commands', async () => {
    const listed = await installation.run('client', 'list', '--json');
    expect(listed.code).toBe(0);
    const key = readFileSync(join(installation.folder, 'data/master.key'), 'utf8');
    const verify = (given: string) => installation.runWith({ MUSTER_MASTER_KEY: given }, 'audit', 'verify');
    expect(await verify(key)).toMatchObject({ code: 0 });
    const foreign = await verify('a phrase of somebody else that is long enough');
    expect(foreign).toMatchObject({ code: 3, err: expect.stringContaining('does not fit this database') });
    expect(JSON.parse(listed.out)).toMatchObject([{ name: 'bootstrap' }]);
  });

  it('refuses a NUL in any address or form, and never fails over it', async () => {
    const statusOf = async (path: string, body?: string): Promise<number> => {
      const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
      const asking = body === undefined ? {} : { method: 'POST', body, headers };
      return (await fetch(`${installation.address}${path}`, asking)).status;
    };
    const grant = 'grant_type=client_credentials&client_id=%00&client_secret=%00';
    expect(await statusOf('/oauth2/token', grant)).toBe(401);
    for (const path of ['metadata', 'login', 'logout']) {
      expect(await statusOf(`/saml/%00/${path}`)).toBe(404);
    }
    expect(await statusOf('/saml/%00/acs', 'SAMLResponse=x')).toBe(404);
  });

  it('signs in by the link of the first start, once, and by the one that admin link prints', async () => {
    const first = /\/sign-in\/\S+/.exec(daemon.greeting)?.[0] ?? '';
    const open = (path: string): Promise<Response> =>
      fetch(`${installation.address}${path}`, { redirect: 'manual' });
    expect((await open(first)).status).toBe(303);
    expect((await open(first)).status).toBe(403);
    const printed = await installation.run('admin', 'link', '--user', 'kept');
    const signedIn = await open(new URL(printed.out.trim()).pathname);
    const cookie = (signedIn.headers.get('Set-Cookie') ?? '').split(';')[0] ?? '';
    const page = await fetch(`${installation.address}/`, { headers: { Cookie: cookie } });
    expect(await page.text()).toContain('kept');
  });

  it('ends at SIGTERM with code 0 and takes the database with it', async () => {
    expect(await daemon.end('SIGTERM')).toBe(0);
    expect(databaseRuns()).toBe(false);
  });

  it('finds its data at the next start, and shows no secret', async () => {
    daemon = await installation.serve();
    expect(daemon.greeting).not.toMatch(/mst_|sign-in/);
    expect(await users(token)).toEqual({ status: 200, names: ['kept', 'administrator'] });
  });

  it('starts again after it was killed, and ends at Ctrl-C with code 0', async () => {
    await daemon.end('SIGKILL');
    daemon = await installation.serve();
    expect(await users(token)).toEqual({ status: 200, names: ['kept', 'administrator'] });
    expect(await daemon.end('SIGINT')).toBe(0);
  });

  it('D-40: tells who did what, and that nobody touched it, at the command line', async () => {
    const found = await installation.run(
      'audit',
      'search',
      '--type',
      'user.created',
      '--user',
      'kept',
      '--json',
    );
    expect(JSON.parse(found.out)).toMatchObject([{ type: 'user.created', actor: { id: 'bootstrap' } }]);
    const exported = await installation.run('audit', 'export', '--type', 'user.*');
    expect(exported.out.trim().split('\n').length).toBeGreaterThan(1);
    expect(await installation.run('audit', 'verify')).toMatchObject({ code: 0 });
    expect((await installation.run('audit', 'verify', '--head', `9:${'0'.repeat(64)}`)).code).toBe(9);
  });

  it('leaves commands their database: they start it for their own time', async () => {
    const listed = await installation.run('client', 'list', '--json');
    expect(JSON.parse(listed.out)).toMatchObject([{ name: 'bootstrap' }]);
    expect(databaseRuns()).toBe(false);
  });

  it('says that its port is taken and how to choose another, and shows no token that would be lost', async () => {
    const other = await makeInstallation();
    daemon = await installation.serve();
    const refused = await other.run('serve', '--port', new URL(installation.address).port);
    expect(refused.code).toBe(3);
    expect(refused.err).toMatch(/Port \d+ .* is in use[^]*MUSTER_PORT/);
    expect(refused.out).not.toMatch(/mst_/);
    await daemon.end('SIGTERM');
    await other.remove();
  });
});

describe('npm start', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'ends at a %s to npm alone, and nothing is left',
    async (signal) => {
      const started = await installation.npmStart();
      expect(await users(/mst_\S+/.exec(started.greeting)?.[0] ?? '')).toMatchObject({ status: 401 });
      await started.end(signal);
      await eventually(() => expect(databaseRuns()).toBe(false));
      await expect(fetch(`${installation.address}/livez`)).rejects.toThrow();
    },
  );
});

describe('a command', () => {
  it('does not open another database beside a daemon that works on an outside one', async () => {
    const other = await makeInstallation();
    mkdirSync(join(other.folder, 'data'));
    const running = { pid: process.pid, address: 'http://127.0.0.1:1', watchDir: 'x', database: 'outside' };
    writeFileSync(join(other.folder, 'data/running.json'), JSON.stringify(running));
    const refused = await other.run('members', 'group1');
    expect(refused).toMatchObject({ code: 3, out: '' });
    expect(refused.err).toMatch(/works on a database of yours[^]*DATABASE_URL/);
    expect(existsSync(join(other.folder, 'data/postgres'))).toBe(false);
    await other.remove();
  });

  it('says what it cannot read as JSON where that is asked for, and asks before what cannot be taken back', async () => {
    const missing = await installation.run('members', '--json');
    expect(missing).toMatchObject({ code: 2, out: '' });
    expect(JSON.parse(missing.err)).toMatchObject({
      error: 'usage',
      message: expect.stringContaining('group'),
    });
    expect((await installation.run('push', 'x', '--patience', 'abc')).code).toBe(2);
    const unsaid = await installation.run('client', 'revoke', 'bootstrap');
    expect(unsaid).toMatchObject({ code: 2 });
    expect(unsaid.err).toMatch(/--yes/);
  });

  it('ends with the documented code, its talk on standard error, its data alone on standard output', async () => {
    const secret = { MUSTER_BOOTSTRAP_TOKEN: 'planted-planted-planted-planted-planted' };
    const unknown = await installation.run('client', 'revoke', 'nobody', '--yes', '--json');
    const wrongSetting = await installation.runWith({ MUSTER_PRT: '1' }, 'config', 'check');
    const database = { DATABASE_URL: 'postgres://u:planted@127.0.0.1:1/x' };
    const unreachable = await installation.runWith(database, 'migrate');
    const wrongUsage = await installation.run('grups', 'jan');
    const print = await installation.runWith(secret, 'config', 'print', '--json');

    expect(unknown).toMatchObject({ code: 2, out: '' });
    expect(JSON.parse(unknown.err)).toMatchObject({ error: 'client.not_found' });
    expect(wrongSetting).toMatchObject({ code: 3, out: '' });
    expect(wrongSetting.err).toMatch(/Did you mean MUSTER_PORT/);
    expect(unreachable).toMatchObject({ code: 6, out: '' });
    expect(unreachable.err).toMatch(/No PostgreSQL answers/);
    expect(wrongUsage).toMatchObject({ code: 2, out: '' });
    expect(wrongUsage.err).toMatch(/Did you mean groups/);
    expect(print.code).toBe(0);
    expect(JSON.parse(print.out)).toContainEqual(
      expect.objectContaining({ name: 'port', origin: 'MUSTER_PORT' }),
    );
    for (const { out, err } of [unreachable, print]) expect(out + err).not.toMatch(/planted/);
  });
});
