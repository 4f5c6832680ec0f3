import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultFeedSettings, type FeedSettings } from '../../src/core/feeds/settings.ts';
import { importFile, type ImportParts } from '../../src/sources/feeds/import-file.ts';
import { listOutcomes, type OutcomeRow } from '../../src/store/feeds/outcomes.ts';
import type { RunRow } from '../../src/store/feeds/run-rows.ts';
import { openTestDirectory, type TestDirectory } from '../support/directory.ts';

/** A directory with a watched folder, and short words to import into it and look at it. */
export interface TestFeeds extends TestDirectory {
  readonly parts: ImportParts;
  readonly folder: string;
  /** Imports a text as a file; answers the run and its rows' outcomes. */
  import(content: string | Buffer, options?: ImportOptions): Promise<Imported>;
  /** Direct members of a group as `user:NAME` and `group:NAME`, sorted; stubs without userName by their e-mail. */
  members(group: string): Promise<string[]>;
}

export interface ImportOptions {
  readonly source?: string;
  readonly dryRun?: boolean;
  readonly settings?: Partial<FeedSettings>;
  readonly file?: string;
}

export interface Imported {
  readonly run: RunRow;
  readonly rows: readonly OutcomeRow[];
  /** Outcome or refusal code by line. */
  readonly byLine: Readonly<Record<number, string>>;
}

/** Opens one; close it at the end of the file. */
export async function openTestFeeds(): Promise<TestFeeds> {
  const test = await openTestDirectory();
  const folder = await mkdtemp(join(tmpdir(), 'muster-feeds-'));
  const parts: ImportParts = {
    directory: test.directory,
    database: test.database,
    newId: randomUUID,
    watchDir: folder,
    feeds: new Map(),
    cursorOf: ({ xid, seq }) => `${xid}.${seq}`,
  };
  return {
    ...test,
    parts,
    folder,
    async import(content, { source = 'csv', dryRun = false, settings = {}, file = 'drop.csv' } = {}) {
      const path = join(folder, file);
      await writeFile(path, content);
      const feeds = new Map([[source, { ...defaultFeedSettings(source), ...settings }]]);
      const actor = { kind: 'operator', id: 'test' } as const;
      const request = { path, source, dryRun, actor, requestId: null };
      const run = await importFile({ ...parts, feeds }, request);
      const rows = await listOutcomes(test.database, { run: run.n, after: 0, limit: 10_000, outcome: null });
      const byLine = Object.fromEntries(rows.map((row) => [row.line, row.code ?? row.outcome]));
      return { run, rows, byLine };
    },
    async members(group) {
      const text = `
        select distinct case when a.member_kind = 'g' then 'group:' || m.name
               else 'user:' || coalesce(u.user_name, u.document #>> '{emails,0,value}', '#' || u.n) end as member
        from groups g join assertion a on a.group_n = g.n and not a.suppressed
        left join groups m on m.n = a.member_n left join users u on u.n = a.member_n
        where g.name = $1 and g.deleted_at is null order by 1`;
      return (await test.database.rows<{ member: string }>({ text }, [group])).map(({ member }) => member);
    },
    async close() {
      await test.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
