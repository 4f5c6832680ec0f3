/** The design that Muster is not: every effective pair stored. What it takes is the measure for what we do. */
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';

/**
 * Stores all effective pairs in a table, `bench_effective`, with the two indexes that its questions need: by group,
 * and by user. It is kept with the directory, since at full size it takes minutes. Answers how many there are.
 */
export async function storePairs(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ stands: boolean }>(
    `select to_regclass('bench_effective') is not null as stands`,
  );
  if (rows[0]?.stands !== true) await makePairs(client);
  const counted = await client.query<{ pairs: number }>('select count(*)::int as pairs from bench_effective');
  return counted.rows[0]?.pairs ?? 0;
}

async function makePairs(client: pg.Client): Promise<void> {
  await client.query(`set work_mem = '512MB'; set maintenance_work_mem = '1GB'; set synchronous_commit = off;
    drop table if exists bench_effective_new`);
  await client.query(
    `create table bench_effective_new as
     select distinct c.ancestor as group_n, a.member_n as user_n
     from closure c join assertion a on a.group_n = c.descendant and a.member_kind = 'u' and not a.suppressed`,
  );
  await client.query('alter table bench_effective_new add primary key (group_n, user_n)');
  await client.query('create index on bench_effective_new (user_n, group_n)');
  await client.query(`alter table bench_effective_new rename to bench_effective;
    reset work_mem; reset maintenance_work_mem; reset synchronous_commit`);
  await client.query('vacuum analyze bench_effective');
}

/** Bytes of the table with its indexes. */
export async function bytesOfIndexedPairs(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ bytes: string }>(
    `select pg_total_relation_size('bench_effective') as bytes`,
  );
  return Number(rows[0]?.bytes);
}

/** Reads all pairs by COPY and lets them fall. */
export async function copyPairsOut(client: pg.Client): Promise<void> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  await pipeline(client.query(copyTo('copy bench_effective to stdout (format binary)')), nowhere);
}
