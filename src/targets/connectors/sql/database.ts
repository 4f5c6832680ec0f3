/**
 * Transactions at somebody else's database. Each has an end: after its time the connection is given up, and what
 * it began is undone there. An error before the commit was sent means that nothing was done; only a commit without
 * an answer leaves the end unknown.
 */
import type { Outcome } from '../../../core/targets/outcome.ts';
import type { Failed } from '../../connector.ts';
import type { Exchange } from '../../exchange.ts';
import type { Dialect, Driver, Query, Session } from './dialect.ts';
import { outcomeOfState, RolledBack } from './failure.ts';
import { sql, textOf } from './sql.ts';

export interface SqlDatabase {
  readonly dialect: Dialect;
  /** Runs statements that change nothing. */
  read<T>(work: (query: Query) => Promise<T>): Promise<T | Failed>;
  /** Runs statements that take effect together or not at all; a {@link RolledBack} undoes them and is the answer. */
  change(work: (query: Query) => Promise<Outcome>): Promise<Outcome>;
  close(): Promise<void>;
}

export interface DatabaseParts {
  readonly driver: Driver;
  /** Time of a transaction, from asking for a connection to the answer to its commit. */
  readonly timeoutMs: number;
  readonly heard: (exchange: Exchange) => void;
}

export function openSqlDatabase({ driver, timeoutMs, heard }: DatabaseParts): SqlDatabase {
  const { dialect } = driver;

  /** Tells what was sent, without values: they may be anybody's. */
  const told =
    (query: Query): Query =>
    async (statement) => {
      const begun = performance.now();
      const tell = (status: number | null, answer: string): void => {
        const url = textOf(statement, () => '?').replaceAll(/\s+/g, ' ');
        heard({ method: 'sql', url, body: null, status, answer, ms: performance.now() - begun });
      };
      try {
        const result = await query(statement);
        tell(result.rows.length + result.changed, '');
        return result;
      } catch (error) {
        tell(null, messageOf(error));
        throw error;
      }
    };

  /** Work on one connection, which is given up when it takes too long or fails without an answer. */
  const withSession = async <T>(work: (session: Session) => Promise<T>): Promise<T> => {
    const deadline = startDeadline(timeoutMs);
    const acquiring = driver.acquire();
    // One that comes too late is nobody's.
    acquiring.then(
      (late) => (deadline.isOver() ? late.destroy() : undefined),
      () => undefined,
    );
    try {
      const session = await deadline.race(acquiring);
      try {
        const result = await deadline.race(work(session));
        session.release();
        return result;
      } catch (error) {
        await giveBack(session, error);
        throw error;
      }
    } finally {
      deadline.clear();
    }
  };

  const giveBack = async (session: Session, error: unknown): Promise<void> => {
    const isWhole = error instanceof RolledBack || driver.stateOf(error) !== null;
    const isUndone = isWhole && (await isDone(session.query(sql`rollback`), timeoutMs));
    if (isUndone) session.release();
    else session.destroy();
  };

  const outcomeOf = (error: unknown, isSent: boolean): Outcome => {
    if (error instanceof RolledBack) return error.outcome;
    const state = driver.stateOf(error);
    const why = messageOf(error);
    const outcome: Outcome = state === null ? { kind: 'down', why } : outcomeOfState(state, why);
    // A server that ends while it commits may have done so; a constraint that it checks only then is an answer.
    return isSent && outcome.kind === 'down' ? { kind: 'ambiguous', why: outcome.why } : outcome;
  };

  return {
    dialect,
    read: async (work) => {
      try {
        return await withSession((session) => work(told(session.query)));
      } catch (error) {
        return { kind: 'failed', outcome: outcomeOf(error, false) };
      }
    },
    change: async (work) => {
      let isSent = false;
      try {
        return await withSession(async (session) => {
          const query = told(session.query);
          for (const statement of dialect.begin(timeoutMs)) await query(statement);
          const outcome = await work(query);
          isSent = true;
          await query(sql`commit`);
          return outcome;
        });
      } catch (error) {
        return outcomeOf(error, isSent);
      }
    },
    close: () => driver.close(),
  };
}

interface Deadline {
  race<T>(work: Promise<T>): Promise<T>;
  isOver(): boolean;
  clear(): void;
}

function startDeadline(ms: number): Deadline {
  let over = false;
  let expire: (error: Error) => void = () => undefined;
  const expired = new Promise<never>((_resolve, reject) => (expire = reject));
  // It is raced as long as there is work; without any, nobody has to hear of it.
  expired.catch(() => undefined);
  const timer = setTimeout(() => {
    over = true;
    expire(new Error('no answer in time'));
  }, ms);
  return {
    race: (work) => Promise.race([work, expired]),
    isOver: () => over,
    clear: () => clearTimeout(timer),
  };
}

async function isDone(work: Promise<unknown>, ms: number): Promise<boolean> {
  const deadline = startDeadline(ms);
  try {
    await deadline.race(work);
    return true;
  } catch {
    return false;
  } finally {
    deadline.clear();
  }
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Node gathers what it got from several addresses, and leaves the message empty.
  const [first] = error instanceof AggregateError ? (error.errors as readonly unknown[]) : [];
  return error.message === '' && first instanceof Error ? first.message : error.message;
}
