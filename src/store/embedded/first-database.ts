import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { errorCode } from '../../core/error-code.ts';
import { withSession } from '../session.ts';

/** In the cluster's folder once its database was made: looking again would cost every start a connection. */
const MADE = 'muster.database';

/** Makes the database that the URL names where the server of `cluster` does not have it yet. */
export async function ensureDatabase(url: string, cluster: string): Promise<void> {
  const made = join(cluster, MADE);
  if (existsSync(made)) return;
  if (!(await exists(url))) await make(url);
  writeFileSync(made, '');
}

async function make(url: string): Promise<void> {
  const name = decodeURIComponent(new URL(url).pathname.slice(1));
  const atServer = new URL(url);
  atServer.pathname = '/postgres';
  await withSession({ connectionString: atServer.href }, async (client) => {
    try {
      await client.query(`create database ${pg.escapeIdentifier(name)}`);
    } catch (error) {
      const isRaced = ['42P04', '23505'].includes(errorCode(error));
      if (!isRaced) throw error;
    }
  });
}

async function exists(url: string): Promise<boolean> {
  try {
    return await withSession({ connectionString: url }, async () => true);
  } catch (error) {
    if (errorCode(error) === '3D000') return false;
    throw error;
  }
}
