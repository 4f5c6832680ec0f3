import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Connection, createConnection } from 'mysql2/promise';
import { type Certificate, makeCertificate } from './certificate.ts';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';

/** A real MariaDB of the test's own, on a port of its own. */
export interface MariaDb {
  readonly port: number;
  readonly certificate: Certificate;
  /** An account that may only read and write rows. */
  readonly account: { readonly user: string; readonly password: string };
  readonly database: string;
  /** Runs statements as its administrator, past Muster. */
  run(...statements: readonly string[]): Promise<readonly Record<string, unknown>[]>;
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

const ACCOUNT = { user: 'muster', password: 'service secret' };
const DATABASE = 'app';

export async function startMariaDb(): Promise<MariaDb> {
  const folder = mkdtempSync(join(tmpdir(), 'muster-mariadb-'));
  const [data, socket] = [join(folder, 'data'), join(folder, 's')];
  mkdirSync(data);
  const certificate = makeCertificate(folder);
  const port = await freePort();
  const asRoot = process.getuid?.() === 0 ? ['--user=root'] : [];
  const basics = ['--no-defaults', `--datadir=${data}`, ...asRoot];
  execFileSync(
    'mariadb-install-db',
    [...basics, '--auth-root-authentication-method=normal', '--skip-test-db', '--innodb-log-file-size=4M'],
    { stdio: 'ignore' },
  );

  let child: ChildProcess | null = null;
  const withConnection = async <T>(work: (connection: Connection) => Promise<T>): Promise<T> => {
    const connection = await createConnection({ socketPath: socket, user: 'root', supportBigNumbers: true });
    try {
      return await work(connection);
    } finally {
      await connection.end();
    }
  };
  const run = (...statements: readonly string[]) =>
    withConnection(async (connection) => {
      await connection.query(`create database if not exists ${DATABASE} character set utf8mb4`);
      await connection.query(`use ${DATABASE}`);
      let rows: unknown = [];
      for (const statement of statements) [rows] = await connection.query(statement);
      return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
    });
  const start = async (): Promise<void> => {
    child = spawn(
      'mariadbd',
      [
        ...basics,
        ...[`--port=${port}`, `--socket=${socket}`, '--bind-address=127.0.0.1', '--skip-log-bin'],
        ...['--innodb-buffer-pool-size=24M', '--innodb-log-file-size=4M', '--performance-schema=OFF'],
        ...[`--ssl-cert=${certificate.certFile}`, `--ssl-key=${certificate.keyFile}`],
      ],
      { stdio: 'ignore', env: { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin` } },
    );
    await eventually(() => run('select 1'));
  };
  const kill = async (): Promise<void> => {
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  await start();
  await run(
    `create user '${ACCOUNT.user}'@'%' identified by '${ACCOUNT.password}'`,
    `grant select, insert, update, delete on ${DATABASE}.* to '${ACCOUNT.user}'@'%'`,
  );
  return {
    port,
    certificate,
    account: ACCOUNT,
    database: DATABASE,
    run,
    kill,
    start,
    stop: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
