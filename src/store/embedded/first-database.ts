import pg from 'pg';
import { errorCode } from '../../core/error-code.ts';
import { withSession } from '../session.ts';

/** Makes the database that the URL names where the server does not have it yet. */
export async function ensureDatabase(url: string): Promise<void> {
  if (await exists(url)) return;
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
