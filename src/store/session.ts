import pg from 'pg';

/**
 * Runs `work` on a connection of its own, outside the pool: for what needs one session, or comes before there is
 * a pool.
 */
export async function withSession<T>(
  settings: pg.ClientConfig & { readonly connectionString: string },
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client(settings);
  // A connection that breaks says so to the statement in hand too; without a listener it would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
