/** Fills a migrated, empty database with a generated directory: COPY without indexes, then everything derived, by set. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { planGroups } from './groups.ts';
import { seeded } from './random.ts';
import { assertionLines, type Directory, groupLines, identityLines, numbering, userLines } from './rows.ts';
import type { Shape } from './shape.ts';

/** Raised when the same seed and shape no longer give the same directory; kept databases of another one are not used. */
export const GENERATOR_VERSION = 2;

export interface Filling {
  readonly shape: Shape;
  readonly seed: number;
  /** Told of each step as it begins. */
  readonly say: (step: string) => void;
}

const TABLES = ['users', 'identity_key', 'groups', 'assertion', 'closure'];
const CHUNK_CHARACTERS = 65_536;

/** Writes the directory; the database is as if everything had been there for long: no log entry tells of it. */
export async function fillDatabase(client: pg.Client, { shape, seed, say }: Filling): Promise<void> {
  const directory = await planDirectory(client, { shape, seed });
  // Neither flushed nor checked row by row: the database is of use only once it is whole.
  await client.query(`set synchronous_commit = off; set session_replication_role = replica;
                      set maintenance_work_mem = '512MB'; set work_mem = '256MB'`);
  const indexes = await dropIndexes(client);
  say(`${shape.users} users`);
  await copy(client, 'users (n, id, user_name, user_name_key, document, created_by)', userLines(directory));
  await copy(client, 'identity_key (kind, value_key, user_n, value, source_n)', identityLines(directory));
  say(`${shape.groups} groups`);
  await copy(
    client,
    'groups (n, id, name, name_key, internal, hidden, open, created_by)',
    groupLines(directory),
  );
  say(`about ${shape.memberships} memberships`);
  await copy(client, 'assertion (group_n, member_n, source_n, member_kind)', assertionLines(directory));
  say('closure');
  await client.query('truncate closure');
  await client.query(closeAll);
  say('indexes');
  for (const index of indexes) await client.query(index);
  await client.query('select setval($1, $2)', ['node_n', directory.numbers.last]);
  say('statistics');
  await client.query(`vacuum (analyze, freeze) ${TABLES.join(', ')}`);
  await client.query('checkpoint');
  await client.query(`reset synchronous_commit; reset session_replication_role; reset maintenance_work_mem;
                      reset work_mem`);
}

async function planDirectory(
  client: pg.Client,
  { shape, seed }: Pick<Filling, 'shape' | 'seed'>,
): Promise<Directory> {
  const random = seeded(seed);
  const { rows } = await client.query<{ first: string; source: number }>(
    `select nextval('node_n') as first, n as source from source where name = 'csv'`,
  );
  const [row] = rows;
  if (row === undefined) throw new Error('The database has no source `csv`: is it migrated?');
  const numbers = numbering(shape, Number(row.first));
  return { shape, groups: planGroups(shape, random), numbers, random, source: row.source };
}

/** Groups are few beside users, and the way up is short: walking it from every group is a set operation of `depth` steps. */
const closeAll = `
  insert into closure (descendant, ancestor)
  with recursive upward(start, n) as (
    select n, n from groups where deleted_at is null
    union
    select u.start, a.group_n from upward u
    join (select group_n, member_n from assertion where member_kind = 'g' and not suppressed) a on a.member_n = u.n)
  select start, n from upward order by start, n`;

/** Drops every index and key of the tables and answers the statements that make them again. */
async function dropIndexes(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ drop: string; make: string }>(
    `select format('alter table %s drop constraint %I', c.conrelid::regclass, c.conname) as drop,
            format('alter table %s add constraint %I %s', c.conrelid::regclass, c.conname,
                   pg_get_constraintdef(c.oid)) as make
     from pg_constraint c where c.conrelid = any($1::regclass[]) and c.contype in ('p', 'u')
     union all
     select format('drop index %s', i.indexrelid::regclass), pg_get_indexdef(i.indexrelid)
     from pg_index i where i.indrelid = any($1::regclass[])
       and not exists (select 1 from pg_constraint c where c.conindid = i.indexrelid and c.contype in ('p', 'u'))`,
    [TABLES],
  );
  for (const { drop } of rows) await client.query(drop);
  return rows.map(({ make }) => make);
}

async function copy(client: pg.Client, into: string, lines: Iterable<string>): Promise<void> {
  await pipeline(Readable.from(chunked(lines)), client.query(copyFrom(`copy ${into} from stdin`)));
}

function* chunked(lines: Iterable<string>): Generator<string> {
  let chunk = '';
  for (const line of lines) {
    chunk += line;
    if (chunk.length >= CHUNK_CHARACTERS) {
      yield chunk;
      chunk = '';
    }
  }
  if (chunk !== '') yield chunk;
}
