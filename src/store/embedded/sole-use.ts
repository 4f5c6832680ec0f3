import pg from 'pg';

/** Held by the one daemon of a data folder. */
const DAEMON = 5_264_190_338;

/** A claim that lasts until it is released or its process ends. */
export interface Claim {
  release(): Promise<void>;
}

/**
 * Claims the embedded database for one daemon; null while another has it. The claim is a lock of the connection,
 * which ends with it by whatever death; there is no pooler between us and the embedded server.
 */
export async function claimSoleUse(url: string): Promise<Claim | null> {
  const client = new pg.Client({ connectionString: url, application_name: 'muster daemon', keepAlive: true });
  // The server may end under it; whoever uses the database notices, and the claim is gone with the server.
  client.on('error', () => undefined);
  await client.connect();
  const { rows } = await client.query<{ taken: boolean }>('select pg_try_advisory_lock($1) as taken', [
    DAEMON,
  ]);
  if (rows[0]?.taken === true) return { release: () => client.end() };
  await client.end();
  return null;
}
