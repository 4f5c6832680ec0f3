/**
 * A real PostgreSQL of this machine for one run of the suite: a cluster in a temporary folder, on a leash (see
 * src/store/embedded/leash.ts), so that nothing is left when the run is killed.
 */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** The folder of the newest PostgreSQL's programs; null when there is none. */
export function findPostgres() {
  const debian = '/usr/lib/postgresql';
  const majors = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    process.env.MUSTER_TEST_POSTGRES_BIN,
    ...majors.map((major) => join(debian, major, 'bin')),
  ];
  const onPath = (process.env.PATH ?? '').split(':');
  return [...folders, ...onPath].find((folder) => folder && existsSync(join(folder, 'initdb'))) ?? null;
}

/** Version in words, such as `PostgreSQL 15.8`. */
export function versionOf(folder) {
  const said = spawnSync(join(folder, 'postgres'), ['--version'], { encoding: 'utf8' }).stdout ?? '';
  return `PostgreSQL ${/[\d.]+/.exec(said)?.[0] ?? ''}`.trim();
}

/** Starts a throw-away server; answers its URL and the way to end it. */
export async function startPostgres(bin) {
  const { chooseAccount } = await import('../dist/src/store/embedded/account.js');
  const { leashed, makeLeash } = await import('../dist/src/store/embedded/leash.js');
  const folder = mkdtempSync(join(tmpdir(), 'muster-postgres-'));
  const { prefix, ids } = chooseAccount(folder, join(bin, 'initdb'));
  const cluster = join(folder, 'cluster');
  const log = join(folder, 'server.log');
  const env = { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', TZ: 'UTC' };
  const initialise = [
    ...prefix,
    join(bin, 'initdb'),
    '-D',
    cluster,
    '-U',
    'postgres',
    '-A',
    'trust',
    '-E',
    'UTF8',
    '-N',
  ];
  const made = spawnSync(initialise[0], initialise.slice(1), { ...ids, cwd: '/', env, encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`);

  const port = await freePort();
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: 300,
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
  };
  const flags = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  const leash = makeLeash(folder);
  const words = [
    ...prefix,
    '/bin/sh',
    '-c',
    leashed,
    'sh',
    log,
    folder,
    join(bin, 'postgres'),
    '-D',
    cluster,
    ...flags,
  ];
  const child = spawn(words[0], words.slice(1), {
    ...ids,
    cwd: '/',
    env,
    detached: true,
    stdio: [leash.read, 'ignore', 'ignore'],
  });
  closeSync(leash.read);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  // The server makes its log itself: one that we made as root it could not write to.
  const said = () => (existsSync(log) ? readFileSync(log, 'utf8') : '');
  while (!said().includes('ready to accept connections')) {
    if (child.exitCode !== null) throw new Error(`PostgreSQL did not start: ${said()}`);
    await pause(20);
  }
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    stop: async () => {
      leash.release();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function freePort() {
  return new Promise((found) => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => found(port));
    });
  });
}
