/**
 * The connection to an LDAP server: one, opened when needed, shared by all requests, which LDAP answers in any
 * order. ldapts would reopen a lost connection by itself, without TLS and without a bind; so a connection is
 * given up here as soon as its socket closes, and a fresh one goes through TLS and bind again.
 */
import { connect as startTls, type TLSSocket } from 'node:tls';
import type { Socket } from 'node:net';
import { once } from 'node:events';
import {
  Client,
  type Change,
  type Control,
  type Entry,
  type Filter,
  ResultCodeError,
  type SearchOptions,
} from 'ldapts';
import type { Outcome } from '../../../core/targets/outcome.ts';
import type { Failed } from '../../connector.ts';
import { connectChecked, type SocketSettings, verifiedTls } from '../../outgoing/socket.ts';
import { type LdapAnswer, outcomeOf } from './answer.ts';
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
const CONNECT_TIMEOUT_MS = 10_000;

interface Opened {
  readonly client: Client;
  readonly socket: Socket;
}

export function openSession(settings: LdapSettings, credentials: LdapCredentials): LdapSession {
  let current: Opened | null = null;
  let opening: Promise<Opened | Failed> | null = null;

  /** The connection as it is, or a fresh one that everybody who asks meanwhile shares. */
  const opened = (): Promise<Opened | Failed> | Opened => {
    if (current !== null && isAlive(current)) return current;
    opening ??= open(settings, credentials).then((result) => {
      opening = null;
      current = 'client' in result ? result : null;
      return result;
    });
    return opening;
  };

  const write = async (work: (client: Client) => Promise<void>): Promise<Written> => {
    const connection = await opened();
    if (!('client' in connection)) return connection;
    try {
      await work(connection.client);
      return { kind: 'answer', code: 0, message: '' };
    } catch (error) {
      if (isAnswer(error)) return answerOf(error);
      return { kind: 'failed', outcome: { kind: 'ambiguous', why: describe(error) } };
    }
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
      write((client) =>
        client.add(
          dn,
          Object.fromEntries(Object.entries(attributes).map(([name, values]) => [name, [...values]])),
        ),
      ),
    modify: (dn, changes, control) => write((client) => client.modify(dn, [...changes], control)),
    rename: (dn, newRdn) => write((client) => client.modifyDN(dn, newRdn)),
    remove: (dn) => write((client) => client.del(dn)),
    close: async () => {
      await opening;
      await current?.client.unbind().catch(() => undefined);
      current?.socket.destroy();
      current = null;
    },
  };
}

/** ldapts may not notice the end of a connection that went over to TLS. */
function isAlive({ client, socket }: Opened): boolean {
  return client.isConnected && !socket.destroyed && socket.readyState === 'open';
}

/** Connects, starts TLS, binds. Nothing is sent in the clear where the settings ask for TLS. */
async function open(settings: LdapSettings, { password }: LdapCredentials): Promise<Opened | Failed> {
  const { protocol, hostname, port } = new URL(settings.url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const secure = protocol === 'ldaps:';
  const sockets: SocketSettings = settings;
  let socket: Socket | null = null;
  // A server that stalls within TLS or the bind is given up like one that does not answer at all.
  const deadline = setTimeout(
    () => socket?.destroy(new Error('no answer in time')),
    settings.timeoutSeconds * 1_000,
  );
  try {
    const plain = await connectChecked(
      { host, port: Number(port || (secure ? 636 : 389)) },
      sockets,
      Math.min(CONNECT_TIMEOUT_MS, settings.timeoutSeconds * 1_000),
    );
    socket = plain;
    const wire = secure ? await encrypt(plain, host, sockets) : plain;
    const client = new Client({
      url: `ldap://${hostname}`,
      timeout: settings.timeoutSeconds * 1_000,
      createConnection: handedOver(wire),
    });
    if (!secure && settings.tls === 'verify') await client.startTLS(verifiedTls(host, sockets));
    await client.bind(settings.bindDn, password);
    return { client, socket: plain };
  } catch (error) {
    socket?.destroy();
    if (!isAnswer(error)) return { kind: 'failed', outcome: { kind: 'down', why: describe(error) } };
    const outcome = outcomeOf(answerOf(error));
    // Whatever else a bind is refused for has nothing to do with any object.
    const isKnown = outcome.kind === 'unauthorised' || outcome.kind === 'down';
    return { kind: 'failed', outcome: isKnown ? outcome : { kind: 'unauthorised', why: describe(error) } };
  } finally {
    clearTimeout(deadline);
  }
}

async function encrypt(socket: Socket, host: string, settings: SocketSettings): Promise<TLSSocket> {
  const wire = startTls({ ...verifiedTls(host, settings), socket });
  await once(wire, 'secureConnect');
  return wire;
}

/** Gives the client its socket once; it must not make one of its own when that has closed. */
function handedOver(socket: Socket): () => Socket {
  let given = false;
  return () => {
    if (given) throw new Error('the connection has closed');
    given = true;
    return socket;
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
  if (!isAnswer(error)) return { kind: 'failed', outcome: { kind: 'down', why: describe(error) } };
  const outcome: Outcome = outcomeOf(answerOf(error));
  if (outcome.kind !== 'missing') return { kind: 'failed', outcome };
  if (scope === 'base') return { kind: 'entries', entries: [] };
  return {
    kind: 'failed',
    outcome: { kind: 'down', why: `${base} is not there, or not to be seen by this account` },
  };
}

function isAnswer(error: unknown): error is ResultCodeError {
  return error instanceof ResultCodeError;
}

function answerOf({ code, message }: ResultCodeError): LdapAnswer {
  return { kind: 'answer', code, message: message.replace(/\s*Code: 0x[0-9a-f]+$/, '') };
}

function describe(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n').at(-1) ?? text;
}
