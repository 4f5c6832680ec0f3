import pg from 'pg';
import { errorCode } from '../../core/error-code.ts';

/** Makes the database that the URL names where the server does not have it yet. */
export async function ensureDatabase(url: string): Promise<void> {
  const name = decodeURIComponent(new URL(url).pathname.slice(1));
  if (await exists(url)) return;
  const atServer = new URL(url);
  atServer.pathname = '/postgres';
  const client = new pg.Client({ connectionString: atServer.href });
  await client.connect();
  try {
    await client.query(`create database ${pg.escapeIdentifier(name)}`);
  } catch (error) {
    const raced = ['42P04', '23505'].includes(errorCode(error));
    if (!raced) throw error;
  } finally {
    await client.end();
  }
}

async function exists(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    return true;
  } catch (error) {
    if (errorCode(error) === '3D000') return false;
    throw error;
  } finally {
    await client.end();
  }
}
