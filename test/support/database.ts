import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { openEmbedded } from '../../src/store/embedded/server.ts';
import { migrate } from '../../src/store/migrate.ts';
import { errorCode } from '../../src/core/error-code.ts';
import { SetupProblem } from '../../src/core/setup-problem.ts';

/** A migrated database of the test file's own. */
export interface TestDatabase {
  readonly url: string;
  /** Drops it, cutting connections that are still open. */
  close(): Promise<void>;
}

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

/**
 * Makes a database for one test file: a clone of the migrated template, or empty on request. On the server that
 * MUSTER_TEST_DATABASE_URL names (its account must be allowed to create databases), else on an embedded one, which the
 * first file of a run starts and which stops with the last process of the run.
 */
export async function freshDatabase(content: 'migrated' | 'empty' = 'migrated'): Promise<TestDatabase> {
  const server = await serverUrl();
  const name = `muster_test_${process.pid}_${randomBytes(4).toString('hex')}`;
  const template = content === 'migrated' ? await ensureTemplate(server) : 'template0';
  await atServer(server, (client) => clone(client, name, template));
  return {
    url: databaseUrl(server, name),
    close: () =>
      atServer(server, async (client) => {
        await client.query(`drop database if exists ${name} with (force)`);
      }),
  };
}

/**
 * Not stopped here: the server runs as long as a process of the run holds it, and the kernel lets go at the
 * process's end. Stopping it per file would start it anew for the next.
 */
async function serverUrl(): Promise<string> {
  const outside = process.env.MUSTER_TEST_DATABASE_URL;
  if (outside !== undefined && outside !== '') return outside;
  const dataDir = join(root, 'node_modules/.cache/muster-test');
  const open = async () => (await openEmbedded({ dataDir, durable: false })).url;
  return open()
    .catch(onlyIfBroken(open))
    .catch(
      onlyIfBroken(() => {
        setAside(dataDir);
        return open();
      }),
    );
}

/** Another file of the run may have mended it meanwhile: so it is opened once more before it is thrown away. */
function onlyIfBroken<T>(remedy: () => Promise<T>): (error: unknown) => Promise<T> {
  return (error) => {
    if (error instanceof SetupProblem) return remedy();
    throw error;
  };
}

/** The suite's cluster does not wait for the disk, so a machine that lost power may have left one that cannot start. */
function setAside(dataDir: string): void {
  const aside = `${dataDir}-broken-${randomBytes(4).toString('hex')}`;
  try {
    renameSync(dataDir, aside);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
  rmSync(aside, { recursive: true, force: true });
}

/** One template per state of the migrations; templates of other states and databases of dead runs are dropped. */
async function ensureTemplate(server: string): Promise<string> {
  const name = `muster_template_${hashOfMigrations()}`;
  await atServer(server, async (client) => {
    if (await isFinished(client, name)) return;
    await client.query(`select pg_advisory_lock(hashtext('muster_template'))`);
    if (await isFinished(client, name)) return;
    await dropLeftOvers(client);
    await client.query(`create database ${name} template template0`);
    await migrate(databaseUrl(server, name));
    await client.query(`alter database ${name} is_template true`);
  });
  return name;
}

async function isFinished(client: pg.Client, name: string): Promise<boolean> {
  const { rowCount } = await client.query('select from pg_database where datname = $1 and datistemplate', [
    name,
  ]);
  return rowCount === 1;
}

async function dropLeftOvers(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ datname: string }>(
    `select datname from pg_database d where datname ~ '^muster_(template|test)_'
       and not exists (select from pg_stat_activity a where a.datname = d.datname)`,
  );
  for (const { datname } of rows) {
    if (datname.startsWith('muster_test_') && isRunning(Number(datname.split('_')[2]))) continue;
    if (datname.startsWith('muster_template_'))
      await client.query(`alter database ${datname} is_template false`);
    await client.query(`drop database if exists ${datname}`);
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Two clones of one template at once are refused while either copies; the second tries again. */
async function clone(client: pg.Client, name: string, template: string): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      await client.query(`create database ${name} template ${template}`);
      return;
    } catch (error) {
      const isBusy = errorCode(error) === '55006';
      if (!isBusy || attempt > 100) throw error;
      await client.query('select pg_sleep(0.05)');
    }
  }
}

function hashOfMigrations(): string {
  const folder = join(root, 'migrations');
  const hash = createHash('sha256');
  for (const file of readdirSync(folder).sort()) hash.update(file).update(readFileSync(join(folder, file)));
  return hash.digest('hex').slice(0, 16);
}

function databaseUrl(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

async function atServer(server: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl(server, 'postgres') });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
