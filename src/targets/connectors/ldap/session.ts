/**
 * Requests to an LDAP server over one connection, opened when needed and again after it was lost, and shared by
 * all requests, which LDAP answers in any order.
 */
import type { Change, Client, Control, Entry, Filter, SearchOptions } from 'ldapts';
import { describeOutcome, type Outcome } from '../../../core/targets/outcome.ts';
import type { Failed } from '../../connector.ts';
import type { Exchange } from '../../exchange.ts';
import { LDAP, type LdapAnswer, outcomeOf } from './answer.ts';
import {
  answerOf,
  type Connection,
  describeFailure,
  isAlive,
  isAnswer,
  openConnection,
} from './connection.ts';
import { type LdapEntry, readEntry } from './entry.ts';
import type { LdapCredentials, LdapSettings } from './settings.ts';

export interface Search {
  readonly base: string;
  readonly scope: 'base' | 'sub';
  readonly filter: Filter;
  readonly attributes: readonly string[];
  /** Most entries wanted; all of them, page by page, when absent. */
  readonly limit?: number;
}

export type Searched = { readonly kind: 'entries'; readonly entries: readonly LdapEntry[] } | Failed;

/** How a write ended: the server's answer, or why there is none. */
export type Written = LdapAnswer | Failed;

export interface LdapSession {
  search(search: Search): Promise<Searched>;
  /** The same page by page; ends after a failure. */
  pages(search: Search): AsyncGenerator<Searched, void>;
  add(dn: string, attributes: Readonly<Record<string, readonly string[]>>): Promise<Written>;
  modify(dn: string, changes: readonly Change[], control?: Control): Promise<Written>;
  rename(dn: string, newRdn: string): Promise<Written>;
  remove(dn: string): Promise<Written>;
  close(): Promise<void>;
}

const PAGE = 500;

/** A session that connects at its first request; `heard` is told of every request but those of a bind. */
export function openSession(
  settings: LdapSettings,
  credentials: LdapCredentials,
  heard: (exchange: Exchange) => void,
): LdapSession {
  let current: Connection | null = null;
  let opening: Promise<Connection | Failed> | null = null;

  /** The connection as it is, or a fresh one that everybody who asks meanwhile shares. */
  const opened = (): Promise<Connection | Failed> | Connection => {
    if (current !== null && isAlive(current)) return current;
    opening ??= openConnection(settings, credentials).then((result) => {
      opening = null;
      current = 'client' in result ? result : null;
      return result;
    });
    return opening;
  };

  const write = async (
    method: string,
    dn: string,
    work: (client: Client) => Promise<void>,
  ): Promise<Written> => {
    const connection = await opened();
    if (!('client' in connection)) return connection;
    const begun = performance.now();
    const written = await answered(work(connection.client));
    const [status, answer] =
      written.kind === 'answer' ? [written.code, written.message] : [null, describeOutcome(written.outcome)];
    heard({ method, url: dn, body: null, status, answer, ms: performance.now() - begun });
    return written;
  };

  async function* pages(search: Search): AsyncGenerator<Searched, void> {
    const connection = await opened();
    if (!('client' in connection)) {
      yield connection;
      return;
    }
    try {
      const options = { ...optionsOf(search), paged: { pageSize: PAGE } };
      for await (const { searchEntries } of connection.client.searchPaginated(search.base, options)) {
        yield found(searchEntries);
      }
    } catch (error) {
      yield failedSearch(error, search);
    }
  }

  return {
    pages,
    search: async (search) => {
      if (search.limit === undefined) return gather(pages(search));
      const connection = await opened();
      if (!('client' in connection)) return connection;
      try {
        const options = { ...optionsOf(search), sizeLimit: search.limit };
        return found((await connection.client.search(search.base, options)).searchEntries);
      } catch (error) {
        return failedSearch(error, search);
      }
    },
    add: (dn, attributes) =>
      write('add', dn, (client) =>
        client.add(
          dn,
          Object.fromEntries(Object.entries(attributes).map(([name, values]) => [name, [...values]])),
        ),
      ),
    modify: (dn, changes, control) =>
      write('modify', dn, (client) => client.modify(dn, [...changes], control)),
    rename: (dn, newRdn) => write('rename', dn, (client) => client.modifyDN(dn, newRdn)),
    remove: (dn) => write('delete', dn, (client) => client.del(dn)),
    close: async () => {
      await opening;
      await current?.client.unbind().catch(() => undefined);
      current?.socket.destroy();
      current = null;
    },
  };
}

/**
 * The same session for one operation, which begins no further request once its time is up: whoever takes over
 * from a holder that hangs knows when nothing of it can come any more.
 */
export function withinTime(session: LdapSession, ms: number): LdapSession {
  const until = performance.now() + ms;
  const late: Failed = {
    kind: 'failed',
    outcome: { kind: 'down', why: 'no time left for the next request' },
  };
  const inTime = <T>(request: () => Promise<T>): Promise<T | Failed> =>
    performance.now() < until ? request() : Promise.resolve(late);
  return {
    ...session,
    search: (search) => inTime(() => session.search(search)),
    add: (dn, attributes) => inTime(() => session.add(dn, attributes)),
    modify: (dn, changes, control) => inTime(() => session.modify(dn, changes, control)),
    rename: (dn, newRdn) => inTime(() => session.rename(dn, newRdn)),
    remove: (dn) => inTime(() => session.remove(dn)),
  };
}

function optionsOf({ scope, filter, attributes }: Search): SearchOptions {
  return { scope, filter, attributes: [...attributes], derefAliases: 'never' };
}

function found(entries: readonly Entry[]): Searched {
  return { kind: 'entries', entries: entries.map(readEntry) };
}

async function gather(pages: AsyncGenerator<Searched, void>): Promise<Searched> {
  const entries: LdapEntry[] = [];
  for await (const page of pages) {
    if (page.kind === 'failed') return page;
    entries.push(...page.entries);
  }
  return { kind: 'entries', entries };
}

/**
 * An entry that is not there is an answer; a tree that is not there is a wrong setting or a server half set up,
 * and must not look like an empty one. Without an answer nothing was changed: it is down, never unknown.
 */
function failedSearch(error: unknown, { base, scope }: Search): Searched {
  if (!isAnswer(error)) return { kind: 'failed', outcome: { kind: 'down', why: describeFailure(error) } };
  const outcome: Outcome = outcomeOf(answerOf(error));
  if (outcome.kind !== 'missing') return { kind: 'failed', outcome };
  if (scope === 'base') return { kind: 'entries', entries: [] };
  return {
    kind: 'failed',
    outcome: { kind: 'down', why: `${base} is not there, or not to be seen by this account` },
  };
}

async function answered(work: Promise<void>): Promise<Written> {
  try {
    await work;
    return { kind: 'answer', code: LDAP.success, message: '' };
  } catch (error) {
    if (isAnswer(error)) return answerOf(error);
    return { kind: 'failed', outcome: { kind: 'ambiguous', why: describeFailure(error) } };
  }
}
