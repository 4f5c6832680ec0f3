/** Whose turn it is to take a feed's files: one process at a time, so that files are applied in their order. */
import { type Connection, named } from '../database.ts';

const take = named(
  'feed_turn_take',
  `insert into lease (name, holder, token, expires_at) values ('feed:' || $1, $2, 1, now() + interval '6 seconds')
   on conflict (name) do update
     set holder = excluded.holder, expires_at = excluded.expires_at,
         token = lease.token + case when lease.holder = excluded.holder then 0 else 1 end
   where lease.holder = excluded.holder or lease.expires_at < now()
   returning token`,
);
const give = named(
  'feed_turn_give',
  `update lease set expires_at = now() where name like 'feed:%' and holder = $1`,
);

/** Takes or keeps the turn for some seconds; false while another process has it. */
export async function takeTurn(connection: Connection, feed: string, holder: string): Promise<boolean> {
  return (await connection.rows(take, [feed, holder])).length > 0;
}

/** Gives every turn back, when a process stops. */
export async function giveTurns(connection: Connection, holder: string): Promise<void> {
  await connection.rows(give, [holder]);
}
