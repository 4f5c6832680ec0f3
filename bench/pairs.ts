/** The design that Muster is not: every effective pair stored. What it takes is the measure for what we do. */
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';

/** Stores all effective pairs in a bare table, `bench_effective`; answers how many there are. */
export async function storePairs(client: pg.Client): Promise<number> {
  await dropPairs(client);
  await client.query(`set work_mem = '512MB'; set synchronous_commit = off`);
  const { rowCount } = await client.query(
    `create table bench_effective as
     select distinct c.ancestor as group_n, a.member_n as user_n
     from closure c join assertion a on a.group_n = c.descendant and a.member_kind = 'u' and not a.suppressed`,
  );
  await client.query('reset work_mem; reset synchronous_commit');
  return rowCount ?? 0;
}

/** Bytes of the table with the two indexes that its questions need: by group, and by user. */
export async function bytesOfIndexedPairs(client: pg.Client): Promise<number> {
  await client.query(`set maintenance_work_mem = '1GB';
    alter table bench_effective add primary key (group_n, user_n);
    create index on bench_effective (user_n, group_n);
    reset maintenance_work_mem`);
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

export async function dropPairs(client: pg.Client): Promise<void> {
  await client.query('drop table if exists bench_effective');
}
