/**
 * Telling a database that was set back to an older state, by files that were copied back, from one that went on (P-01).
 * Nothing in such a database says so: its system, timeline and address are the same, and it counts the same
 * transactions and cuts a second time. What says so lies outside of it: how far an instance saw it come, and the files
 * themselves, which are others after a copy.
 */
import { named, onlyRow, type Tx } from './database.ts';

/** How far an instance saw a database come. */
export interface Seen {
  /** Which database of which server. */
  readonly system: string;
  /** Id of its epoch then. */
  readonly epoch: string;
  /** The newest cut of the feed then, with the text of its snapshot. */
  readonly batch: { readonly n: number; readonly position: string };
}

export interface Outside {
  readonly seen: Seen | null;
  /** Inode and birth, with a colon between, of a file that lives as long as the database; null where none can be seen. */
  readonly files: string | null;
}

/** What a command knows, and a daemon that sees its database for the first time. */
export const NOTHING_OUTSIDE: Outside = { seen: null, files: null };

/* A cut that is not there, though those before it are kept; or the epoch was begun after the state that is here. */
const isBehind = named(
  'set_back_is_behind',
  `select not exists (select from epoch where id = $1::uuid)
     or (not exists (select from feed_batch where n = $2 and snapshot::text = $3)
         and $2 >= (select min(n) from feed_batch)) as found`,
);

const keepFiles = named(
  'set_back_keep_files',
  `insert into installation (key, value) values ('files', to_jsonb($1::text))
   on conflict (key) do update set value = excluded.value`,
);

const keptFiles = named(
  'set_back_kept_files',
  `select value #>> '{}' as files from installation where key = 'files'`,
);

/** Whether the database is not where it was left. Keeps which files it is in, for the next time. */
export async function isSetBack(tx: Tx, system: string, { seen, files }: Outside): Promise<boolean> {
  const hasOtherFiles = files !== null && areOthers(await standingFiles(tx), files);
  if (files !== null) await tx.rows(keepFiles, [files]);
  if (seen?.system !== system) return hasOtherFiles;
  const { n, position } = seen.batch;
  const { found } = onlyRow(await tx.rows<{ found: boolean }>(isBehind, [seen.epoch, n, position]));
  return found || hasOtherFiles;
}

async function standingFiles(tx: Tx): Promise<string | null> {
  return (await tx.rows<{ files: string | null }>(keptFiles))[0]?.files ?? null;
}

/** Both must be others: some file systems tell no birth, and some give other inodes after every mount. */
function areOthers(before: string | null, after: string): boolean {
  if (before === null) return false;
  const [inodes, births] = [0, 1].map((part) => [before.split(':')[part], after.split(':')[part]] as const);
  return inodes?.[0] !== inodes?.[1] && births?.[0] !== births?.[1];
}
