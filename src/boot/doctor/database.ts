/** What the doctor looks at in the database. */
import { findMasterKey, fingerprintOf } from '../master-key.ts';
import type { Settings } from '../../config.ts';
import { listEndingTokens } from '../../store/clients.ts';
import type { Database } from '../../store/database.ts';
import { fitsMasterKey } from '../../store/installation.ts';
import { describeConnection } from '../../store/server-version.ts';
import { bad, good, notice, type Finding } from './finding.ts';

const FAR_OFF_MS = 5_000;
const SOON_DAYS = 30;

/** Whether the server is new enough, and whether what must be a session is one. */
export async function lookAtServer({ databaseUrl }: Settings, directUrl: string): Promise<Finding[]> {
  const direct = await describeConnection(directUrl);
  const where = databaseUrl === null ? 'embedded' : 'outside';
  const server = good('database', `PostgreSQL ${direct.version}, ${where}`);
  if (direct.isPooled) {
    const fix = 'Set DATABASE_DIRECT_URL to the server itself: migrations and LISTEN need a session.';
    return [server, bad('direct connection', 'There is a pooler between Muster and the database.', fix)];
  }
  const isPooled = databaseUrl !== null && (await describeConnection(databaseUrl)).isPooled;
  const says = isPooled ? 'Work goes through a pooler, sessions past it.' : 'No pooler in between.';
  return [server, good('direct connection', says)];
}

/** Tokens and leases end by the database's clock, logs are written by ours. */
export async function lookAtClocks(database: Database): Promise<Finding> {
  const [row] = await database.rows<{ now: Date }>({ text: 'select clock_timestamp() as now' });
  const off = Math.abs(Date.now() - (row?.now.getTime() ?? 0));
  if (off < FAR_OFF_MS) return good('clocks', 'This machine and the database agree.');
  return bad('clocks', `They differ by ${Math.round(off / 1_000)} seconds.`, 'Keep both with NTP.');
}

/** Whether what is sealed in the database can be opened with our key. */
export async function lookAtMasterKey(
  { masterKey, dataDir }: Settings,
  database: Database,
): Promise<Finding> {
  const key = findMasterKey({ given: masterKey, dataDir });
  if (key === null) return good('master key', 'There is none yet; the first start makes it.');
  const fits = await fitsMasterKey(database, fingerprintOf(key));
  if (fits !== false)
    return good('master key', fits === null ? 'Nothing is sealed yet.' : 'It fits the database.');
  const fix = 'Set MUSTER_MASTER_KEY to the key of this installation, or put its master.key back.';
  return bad('master key', 'The database is sealed with another one.', fix);
}

/** Tokens that end soon, while there is time to rotate them. */
export async function lookAtTokens(database: Database): Promise<Finding> {
  const ending = await listEndingTokens(database, SOON_DAYS);
  if (ending.length === 0) return good('tokens', `None expires within ${SOON_DAYS} days.`);
  const list = ending
    .map(({ name, expires_at: at }) => `${name} (${at.toISOString().slice(0, 10)})`)
    .join(', ');
  return notice('tokens', `Expiring: ${list}.`, 'npx muster client rotate NAME');
}
