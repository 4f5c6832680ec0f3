/** Baselines for writes: what the database itself takes for the rows that a membership change is obliged to write. */
import type pg from 'pg';
import type { Known } from './ground.ts';

const insertAssertion = {
  name: 'bare_assertion_insert',
  text: `insert into assertion (group_n, member_n, source_n, member_kind)
         values ($1, $2, 4, 'u')`,
};
const deleteAssertion = {
  name: 'bare_assertion_delete',
  text: 'delete from assertion where group_n = $1 and member_n = $2',
};
const bumpGroup = {
  name: 'bare_group_bump',
  text: 'update groups set version = version + 1, modified_at = now() where n = $1',
};
const insertChange = {
  name: 'bare_change_insert',
  text: `insert into change (type, group_n, actor_kind, actor_id, source_n, added, removed)
         values ('membership.direct', $1, 'feed', 'csv', 4, $2, $3)`,
};

/** Adds a user to a group in a transaction of its assertion, the group's version and a log row. */
export async function bareAdd(client: pg.Client, group: Known, member: Known): Promise<void> {
  await client.query('begin');
  await client.query({ ...insertAssertion, values: [group.n, member.n] });
  await client.query({ ...bumpGroup, values: [group.n] });
  await client.query({ ...insertChange, values: [group.n, [member.n], null] });
  await client.query('commit');
}

/** Removes a user from a group likewise. */
export async function bareRemove(client: pg.Client, group: Known, member: Known): Promise<void> {
  await client.query('begin');
  await client.query({ ...deleteAssertion, values: [group.n, member.n] });
  await client.query({ ...bumpGroup, values: [group.n] });
  await client.query({ ...insertChange, values: [group.n, null, [member.n]] });
  await client.query('commit');
}

/** Writes all members of a group anew, as a program does that knows only "replace". */
export async function bareRewrite(
  client: pg.Client,
  group: Known,
  members: readonly number[],
): Promise<void> {
  await client.query('begin');
  await client.query('delete from assertion where group_n = $1', [group.n]);
  await client.query(
    `insert into assertion (group_n, member_n, source_n, member_kind)
     select $1, member_n, 4, 'u' from unnest($2::int[]) as t(member_n)`,
    [group.n, members],
  );
  await client.query({ ...bumpGroup, values: [group.n] });
  await client.query({ ...insertChange, values: [group.n, null, null] });
  await client.query('commit');
}
