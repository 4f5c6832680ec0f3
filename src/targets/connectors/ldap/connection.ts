/**
 * Opening one connection: to a checked address, through TLS, bound. ldapts would reopen a lost connection by
 * itself, without TLS and without a bind; so it is handed its socket once and never makes one.
 */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect as startTls, type TLSSocket } from 'node:tls';
import { Client, ResultCodeError } from 'ldapts';
import type { Failed } from '../../connector.ts';
import { connectChecked, type SocketSettings, verifiedTls } from '../../outgoing/socket.ts';
import { type LdapAnswer, outcomeOf } from './answer.ts';
import type { LdapCredentials, LdapSettings } from './settings.ts';

const CONNECT_TIMEOUT_MS = 10_000;

export interface Connection {
  readonly client: Client;
  readonly socket: Socket;
}

/** ldapts may not notice the end of a connection that went over to TLS. */
export function isAlive({ client, socket }: Connection): boolean {
  return client.isConnected && !socket.destroyed && socket.readyState === 'open';
}

/** Connects, starts TLS, binds. Nothing is sent in the clear where the settings ask for TLS. */
export async function openConnection(
  settings: LdapSettings,
  { password }: LdapCredentials,
): Promise<Connection | Failed> {
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
    if (!isAnswer(error)) return { kind: 'failed', outcome: { kind: 'down', why: describeFailure(error) } };
    const outcome = outcomeOf(answerOf(error));
    // Whatever else a bind is refused for has nothing to do with any object.
    const isKnown = outcome.kind === 'unauthorised' || outcome.kind === 'down';
    return {
      kind: 'failed',
      outcome: isKnown ? outcome : { kind: 'unauthorised', why: describeFailure(error) },
    };
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

/** True for an answer of the server that says no; anything else is no answer. */
export function isAnswer(error: unknown): error is ResultCodeError {
  return error instanceof ResultCodeError;
}

export function answerOf({ code, message }: ResultCodeError): LdapAnswer {
  return { kind: 'answer', code, message: message.replace(/\s*Code: 0x[0-9a-f]+$/, '') };
}

export function describeFailure(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n').at(-1) ?? text;
}
