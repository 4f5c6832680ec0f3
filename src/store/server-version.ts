import { SetupProblem, Unreachable } from '../core/setup-problem.ts';
import { errorCode } from '../core/error-code.ts';
import { withSession } from './session.ts';

const OLDEST = 130_000;

const notThere = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ECONNRESET',
  '57P03',
]);
const notLetIn = new Set(['28P01', '28000', '3D000', '42501']);

/**
 * Makes sure that an outside database answers and is new enough. Refuses (Unreachable) one that does not answer,
 * and (SetupProblem) one that lets us not in, or is older than PostgreSQL 13. Passwords are not repeated.
 */
export async function checkServer(url: string): Promise<void> {
  const { host, pathname } = new URL(url);
  try {
    const version = await versionOf(url);
    if (version < OLDEST) {
      throw new SetupProblem(
        `The PostgreSQL at ${host} is version ${Math.floor(version / 10_000)}; Muster needs 13 or later.`,
      );
    }
  } catch (error) {
    const code = errorCode(error);
    const why = error instanceof Error ? error.message : '';
    if (notLetIn.has(code)) {
      throw new SetupProblem(
        `The PostgreSQL at ${host} does not let Muster in to ${pathname.slice(1)}: ${why}.`,
        ['Check user, password and database name in DATABASE_URL.'],
      );
    }
    if (notThere.has(code) || why.includes('timeout')) {
      throw new Unreachable(`No PostgreSQL answers at ${host}${code === '' ? '' : ` (${code})`}.`, [
        'Check DATABASE_URL, and that the server runs and may be reached from here.',
      ]);
    }
    throw error;
  }
}

/** What a connection leads to. */
export interface ConnectionFacts {
  /** Such as `15.8`. */
  readonly version: string;
  /** True when another process than the one that let us in does the work: a pooler stands between. */
  readonly isPooled: boolean;
}

/** Looks at where a URL leads. */
export async function describeConnection(url: string): Promise<ConnectionFacts> {
  return withSession({ connectionString: url }, async (client) => {
    const { rows } = await client.query<{ version: string; pid: number }>(
      `select split_part(current_setting('server_version'), ' ', 1) as version, pg_backend_pid() as pid`,
    );
    // The driver keeps the process id that it was greeted with; its types leave it out.
    const greeted = 'processID' in client ? client.processID : null;
    return { version: rows[0]?.version ?? '', isPooled: rows[0]?.pid !== greeted };
  });
}

async function versionOf(url: string): Promise<number> {
  const sql = `select current_setting('server_version_num')::int as version`;
  return withSession({ connectionString: url, connectionTimeoutMillis: 10_000 }, async (client) => {
    const { rows } = await client.query<{ version: number }>(sql);
    return rows[0]?.version ?? 0;
  });
}
