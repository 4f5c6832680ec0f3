import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { writeBackup } from '../../src/boot/backup/write.ts';
import { readMasterKey } from '../../src/boot/master-key.ts';
import { deriveKey } from '../../src/core/seal.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { knownMigrations, migrate, undoMigrationsBut } from '../../src/store/migrate.ts';
import { type CommandLine, openCommandLine } from '../support/command-line.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { openTestDirectory, type TestDirectory } from '../support/directory.ts';
import { sealLog } from '../support/sealed-log.ts';

// A database server of its own is made and started twice, which takes its time on a busy machine.
jest.setTimeout(120_000);

const KEY = 'the master key of a test, long enough';
const masterKey = readMasterKey({ given: KEY, dataDir: '', random: randomBytes });

describe('muster backup and restore', () => {
  let from: TestDirectory;
  let source: CommandLine;
  let file: string;
  const opened: { close(): Promise<void> }[] = [];
  beforeAll(async () => {
    from = await openTestDirectory();
    source = await openCommandLine(from.url, { MUSTER_MASTER_KEY: KEY });
    opened.push(source, from);
    file = join(source.folder, 'all.backup');
    const ada = await from.user('ada');
    const choir = await from.group('Chœur; "été"', ada, await from.user('tab\\n\\N user'));
    await from.group('School', choir);
    const text = `insert into session (hash, user_n, how, expires_at) values ('\\x01', ${ada.n}, 'link', now() + interval '1 hour')`;
    await from.database.rows({
      text: `create table change_2026_01 partition of change for values from ('2026-01-01') to ('2026-02-01'); ${text}`,
    });
    // As if this server had counted far more transactions than the one that it is restored on.
    await from.database.rows({
      text: `update change set xid = (xid::text::bigint + 1000000000)::text::xid8`,
    });
    await sealLog(from.database, deriveKey(masterKey, 'audit-seal'));
    expect(await source.run('audit', 'verify')).toMatchObject({ code: 0 });
    expect(await source.run('backup', file)).toMatchObject({ code: 0 });
  });
  afterAll(async () => {
    for (const one of opened) await one.close();
  });

  async function emptyDatabase(
    content: 'migrated' | 'empty',
  ): Promise<TestDatabase & { database: Database }> {
    const made = await freshDatabase(content);
    const database = openDatabase({ url: made.url, poolSize: 2, applicationName: 'muster-test' });
    const close = async (): Promise<void> => {
      await database.close();
      await made.close();
    };
    opened.unshift({ close });
    return { ...made, database, close };
  }

  async function commandsOn(url: string | null, key = KEY): Promise<CommandLine> {
    const made = await openCommandLine(url, { MUSTER_MASTER_KEY: key });
    opened.unshift(made);
    return made;
  }

  it('writes one file that only its owner reads, and over no other', async () => {
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const again = await source.run('backup', file);
    expect(again.code).toBe(3);
    expect(again.err).toContain('already');
    const [head = ''] = gunzipSync(await readFile(file))
      .toString('utf8')
      .split('\n');
    expect(JSON.parse(head)).toMatchObject({ kind: 'muster-backup', months: ['2026_01'] });
  });

  it('fills an empty database with every row of every table, in a new epoch, with nobody signed in', async () => {
    const to = await emptyDatabase('empty');
    const { code, out } = await (await commandsOn(to.url)).run('restore', file);
    expect({ code, out }).toEqual({
      code: 0,
      out: expect.stringMatching(/^Restored the backup of .+ rows\.\n$/) as unknown,
    });
    expect(await contentOf(to.database)).toEqual(await contentOf(from.database));
    const epochs = await to.database.rows({
      text: 'select closed_at is null as open from epoch order by opened_at',
    });
    expect(epochs).toEqual([{ open: false }, { open: true }]);
    expect(await to.database.rows({ text: 'select 1 from session' })).toEqual([]);
    const [drawn] = await to.database.rows<{ n: number }>({ text: `select nextval('node_n')::int as n` });
    const [highest] = await from.database.rows<{ n: number }>({ text: 'select max(n) as n from users' });
    expect(drawn?.n).toBeGreaterThan(highest?.n ?? Number.MAX_SAFE_INTEGER);
    const months = await to.database.rows({
      text: `select to_regclass('change_2026_01') is not null as made`,
    });
    expect(months).toEqual([{ made: true }]);
  });

  it('moves to another server and back; the seals of the log still fit (D-40)', async () => {
    const embedded = await commandsOn(null);
    expect(await embedded.run('restore', file)).toMatchObject({ code: 0 });
    const members = await embedded.run('members', 'School', '--json');
    expect(members.out).toContain('"ada"');
    const verified = await embedded.run('audit', 'verify', '--json');
    expect({ code: verified.code, found: JSON.parse(verified.out) as unknown }).toMatchObject({
      code: 0,
      found: { fault: null },
    });
    const second = join(embedded.folder, 'second.backup');
    expect(await embedded.run('backup', second)).toMatchObject({ code: 0 });
    const notEmpty = await embedded.run('restore', second);
    expect(notEmpty).toMatchObject({ code: 3, out: '' });
    expect(notEmpty.err).toContain('not empty');
    const to = await emptyDatabase('migrated');
    expect(await (await commandsOn(to.url)).run('restore', second)).toMatchObject({ code: 0 });
    expect(await contentOf(to.database)).toEqual(await contentOf(from.database));
  });

  it('takes the backup of an older version, and brings it to this one', async () => {
    const older = await emptyDatabase('migrated');
    await older.database.rows({
      text: `insert into role (name, name_key) values ('of before', 'of before')`,
    });
    const all = await knownMigrations();
    await undoMigrationsBut(older.url, all.slice(0, -1));
    const backup = join(source.folder, 'older.backup');
    const version = '0.0.1';
    await writeBackup({ database: older.database, masterKey, version, file: backup, now: () => new Date() });
    const to = await emptyDatabase('migrated');
    expect(await (await commandsOn(to.url)).run('restore', backup)).toMatchObject({ code: 0 });
    expect(await to.database.rows({ text: `select 1 from role where name = 'of before'` })).toHaveLength(1);
    expect((await migrate(to.url)).applied).toEqual([]);
  });

  describe('refuses, and changes nothing:', () => {
    let to: TestDatabase & { database: Database };
    let commands: CommandLine;
    beforeAll(async () => {
      to = await emptyDatabase('migrated');
      commands = await commandsOn(to.url);
    });

    async function refused(name: string, by: CommandLine = commands): Promise<string> {
      const before = await contentOf(to.database);
      const { code, out, err } = await by.run('restore', name);
      expect({ code, out }).toEqual({ code: 3, out: '' });
      expect(await contentOf(to.database)).toEqual(before);
      return err;
    }

    async function changed(change: (bytes: Buffer) => Buffer): Promise<string> {
      const name = join(source.folder, 'changed.backup');
      await writeFile(name, change(await readFile(file)));
      return name;
    }

    it('a file that is cut off, wherever', async () => {
      for (const share of [0.02, 0.5, 0.999]) {
        const name = await changed((bytes) => bytes.subarray(0, Math.floor(bytes.length * share)));
        expect(await refused(name)).toContain('cut off');
      }
      const name = await changed((bytes) => {
        const lines = gunzipSync(bytes);
        return gzipSync(lines.subarray(0, lines.lastIndexOf('{"kind":"end"')));
      });
      expect(await refused(name)).toContain('cut off');
    });

    it('one that was altered, or is none', async () => {
      const altered = await changed((bytes) => {
        const text = gunzipSync(bytes);
        text.write('eve', text.indexOf('\tada\t') + 1);
        return gzipSync(text);
      });
      expect(await refused(altered)).toContain('altered');
      expect(await refused(await changed(() => Buffer.from('users,groups\n')))).toContain('no backup');
      expect(await refused(await changed(() => gzipSync('users,groups\n')))).toContain('no backup');
      expect(await refused(join(source.folder, 'no.backup'))).toContain('no such file');
    });

    it('another master key, or none', async () => {
      const stranger = await commandsOn(to.url, 'another master key that is long enough');
      expect(await refused(file, stranger)).toContain('another master key');
      const keyless = await openCommandLine(to.url);
      opened.unshift(keyless);
      expect(await refused(file, keyless)).toContain('no master key here');
    });

    it('one of a newer version', async () => {
      const newer = join(source.folder, 'newer.backup');
      await from.database.rows({
        text: `insert into knex_migrations (name, batch, migration_time) values ('209901010000_come_later', 99, now())`,
      });
      expect(await source.run('backup', newer)).toMatchObject({ code: 0 });
      await from.database.rows({ text: `delete from knex_migrations where batch = 99` });
      expect(await refused(newer)).toContain('A newer Muster');
    });

    it('while a daemon runs', async () => {
      const data = join(commands.folder, 'data');
      await mkdir(data, { recursive: true });
      const running = { pid: process.pid, address: 'http://x', watchDir: 'watch', database: 'outside' };
      await writeFile(join(data, 'running.json'), JSON.stringify(running));
      expect(await refused(file)).toContain('Muster runs here');
      await rm(join(data, 'running.json'));
    });

    it('a database in which something was done', async () => {
      await to.database.rows({
        text: `insert into users (user_name, user_name_key, created_by) values ('x', 'x', 1)`,
      });
      expect(await refused(file)).toContain('not empty');
    });
  });
});

/** A hash of every table's rows, but for what is another in another epoch: numbers of transactions, cuts, sign-ins. */
async function contentOf(database: Database): Promise<Record<string, unknown>> {
  const tables = await database.rows<{ name: string }>({
    text: `select relname as name from pg_class where relkind = 'r' and relnamespace = current_schema()::regnamespace
             and relname not in ('epoch', 'session', 'sign_in_link', 'feed_batch') and relname !~ '^knex_' order by 1`,
  });
  const content: Record<string, unknown> = {};
  for (const { name } of tables) {
    const text = `
      with entry as (select (to_jsonb(t) - array['xid', 'first_xid'])::text as one from "${name}" t)
      select count(*)::int as rows, md5(string_agg(one, '|' order by one)) as hash from entry`;
    content[name] = (await database.rows({ text }))[0];
  }
  return content;
}
