/** Holding what is derived against what it is derived from, in whole or in samples. */
import type { GroupN } from '../../core/ids.ts';
import { type Connection, named, onlyRow, type Tx } from '../database.ts';

/** How many rows of the closure do not follow from the nestings, and how many that follow are missing. */
export interface ClosureFaults {
  readonly extra: number;
  readonly missing: number;
}

/** What the closure should be: from every living group upward, through living groups. */
const upward = `recursive living as (select n from groups where deleted_at is null),
  upward(start, n) as (
    select n, n from living
    union
    select u.start, a.group_n from upward u
    join assertion a on a.member_n = u.n and a.member_kind = 'g' and not a.suppressed
    join living l on l.n = a.group_n)`;

const compare = named(
  'verify_closure',
  `with ${upward}
   select count(*) filter (where u.n is null)::int as extra, count(*) filter (where c.ancestor is null)::int as missing
   from upward u full join closure c on c.descendant = u.start and c.ancestor = u.n`,
);

const mend = named(
  'mend_closure',
  `with ${upward},
   extra as (
     delete from closure c
     where not exists (select from upward u where u.start = c.descendant and u.n = c.ancestor)
     returning c.descendant),
   missing as (
     insert into closure (descendant, ancestor)
     select u.start, u.n from upward u
     where not exists (select from closure c where c.descendant = u.start and c.ancestor = u.n)
     returning descendant)
   select (select count(*) from extra)::int as extra, (select count(*) from missing)::int as missing`,
);

const samples = named(
  'verify_samples',
  `(select n, id, name from groups where deleted_at is null order by hashint4(n) limit $1)
   union
   (select g.n, g.id, g.name from groups g
    join (select ancestor from closure group by ancestor order by count(*) desc limit 10) c on c.ancestor = g.n
    where g.deleted_at is null)
   order by n`,
);

export interface SampleRow {
  readonly n: GroupN;
  readonly id: string;
  readonly name: string;
}

/** Compares the whole closure with the nestings, in one snapshot and without holding anybody up. */
export async function compareClosure(connection: Connection): Promise<ClosureFaults> {
  return onlyRow(await connection.rows<ClosureFaults>(compare));
}

/** Makes the closure what the nestings say. The graph lock must be held. */
export async function rewriteClosure(tx: Tx): Promise<ClosureFaults> {
  return onlyRow(await tx.rows<ClosureFaults>(mend));
}

/** So many groups spread over all, and besides them those with the most nested below. */
export async function sampleGroups(connection: Connection, count: number): Promise<SampleRow[]> {
  return connection.rows<SampleRow>(samples, [count]);
}
