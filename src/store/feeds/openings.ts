/** Rows that would make a protected group open or public (J-20), whoever may write it. Asked under the graph lock. */
import type { GroupN } from '../../core/ids.ts';
import type { Tx } from '../database.ts';
import { LIVE } from './names.ts';

/** What conferred more than `groups.request` before this file. */
const PROTECTED = (group: string): string => `exists (
  select from permission_grant p join closure c on c.ancestor = p.holder_n
  where c.descendant = ${group} and p.permission <> 'groups.request')`;
const OPENS = `((s.data ->> 'open')::boolean or (s.data ->> 'public')::boolean)`;

export interface OpeningRow {
  readonly line: number;
  /** The group that would be open and protected at once. */
  readonly group: string;
}

/** Rows that open a protected group, and rows that nest in one what is open or holds something open. */
export async function listOpenings(tx: Tx): Promise<OpeningRow[]> {
  const text = `
    select s.line, g.name as group from ${LIVE} s
    join groups g on g.name_key = s.group_key and g.deleted_at is null
    where s.kind = 'n' and s.action = 'i' and ${OPENS} and ${PROTECTED('g.n')}
    union all
    select s.line, open.name from ${LIVE} s
    join groups g on g.name_key = s.group_key and g.deleted_at is null
    join groups m on m.name_key = s.name_key and m.deleted_at is null
    cross join lateral (
      select o.name from closure c join groups o on o.n = c.descendant
      where c.ancestor = m.n and (o.open or o.public) and o.deleted_at is null order by o.n limit 1) open
    where s.kind = 'g' and s.action = 'i' and ${PROTECTED('g.n')}`;
  return tx.rows<OpeningRow>({ text });
}

/** Groups that rows of the file open or make public. */
export async function listOpened(tx: Tx): Promise<GroupN[]> {
  const text = `
    select distinct g.n from ${LIVE} s join groups g on g.name_key = s.group_key and g.deleted_at is null
    where s.kind = 'n' and s.action = 'i' and ${OPENS} order by g.n`;
  return (await tx.rows<{ n: GroupN }>({ text })).map(({ n }) => n);
}
