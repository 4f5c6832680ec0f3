/**
 * Leases: one holder at a time of a piece of work, across all instances. A holder renews before the end; after
 * it, somebody else may take over, and then the token is one higher. Whoever writes in the name of a lease
 * checks its token in the transaction of the write: a holder that was paused past its end finds another token
 * there and writes nothing, and a taker waits until a checked transaction has ended.
 */
import { type Connection, named, onlyRow, type Tx } from './database.ts';

export interface Lease {
  readonly name: string;
  readonly holder: string;
  readonly token: number;
}

const take = named(
  'lease_take',
  `insert into lease as l (name, holder, token, expires_at)
   values ($1, $2, 1, clock_timestamp() + make_interval(secs => $3))
   on conflict (name) do update set
     holder = excluded.holder, expires_at = excluded.expires_at,
     token = case when l.holder = excluded.holder then l.token else l.token + 1 end
   where l.holder = excluded.holder or l.expires_at < clock_timestamp()
   returning token`,
);

const seize = named(
  'lease_seize',
  `insert into lease as l (name, holder, token, expires_at)
   values ($1, $2, 1, clock_timestamp() + make_interval(secs => $3))
   on conflict (name) do update set holder = excluded.holder, expires_at = excluded.expires_at, token = l.token + 1
   returning token`,
);

const check = named(
  'lease_check',
  'select 1 as held from lease where name = $1 and holder = $2 and token = $3 for share',
);

const giveUp = named(
  'lease_give_up',
  'update lease set expires_at = clock_timestamp() where name = $1 and holder = $2 and token = $3',
);

/**
 * Takes a lease that is free or over, or renews the holder's own; null while somebody else holds it. `holder` is
 * a uuid made anew by every start of every worker, so that a start never continues in the name of one before it.
 */
export async function takeLease(
  connection: Connection,
  { name, holder, seconds }: { readonly name: string; readonly holder: string; readonly seconds: number },
): Promise<Lease | null> {
  const [row] = await connection.rows<{ token: number }>(take, [name, holder, seconds]);
  return row === undefined ? null : { name, holder, token: row.token };
}

/** Takes a lease whoever holds it: that one finds another token at its next write, and writes nothing. */
export async function seizeLease(
  connection: Connection,
  { name, holder, seconds }: { readonly name: string; readonly holder: string; readonly seconds: number },
): Promise<Lease> {
  const { token } = onlyRow(await connection.rows<{ token: number }>(seize, [name, holder, seconds]));
  return { name, holder, token };
}

/** True when the lease is still this one's; then nobody takes it over before the transaction ends. */
export async function holdsLease(tx: Tx, { name, holder, token }: Lease): Promise<boolean> {
  return (await tx.rows(check, [name, holder, token])).length === 1;
}

/** Lets the next one take over at once. */
export async function giveUpLease(connection: Connection, { name, holder, token }: Lease): Promise<void> {
  await connection.rows(giveUp, [name, holder, token]);
}
