import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { variableOf } from '../config/names.ts';
import { errorCode } from '../core/error-code.ts';
import { SetupProblem } from '../core/setup-problem.ts';

/** A port that is listened on. */
export interface Listener {
  readonly port: number;
  /** Takes no new connections, lets requests in hand finish within `graceMs`, then cuts what is left. */
  drain(graceMs: number): Promise<void>;
}

export interface ListenerOptions {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** The setting that the port comes from: what to change where it cannot be had. */
  readonly portFrom: 'port' | 'metricsPort';
}

/**
 * While draining, connections in use are asked away one by one before the idle ones are cut: a client that just
 * sends its next request into a connection we close would see it fail.
 */
const ASK_AWAY_MS = 500;

/** Listens for HTTP. Refuses (SetupProblem) an address that is taken or not ours. */
export async function listen(handle: RequestListener, options: ListenerOptions): Promise<Listener> {
  const inHand = new Set<ServerResponse>();
  const state = { isDraining: false };
  const server = createServer((request, response) => {
    inHand.add(response);
    response.once('close', () => inHand.delete(response));
    if (state.isDraining) sayLast(response);
    handle(request, response);
  });
  // Longer than the usual balancer's idle time, so that it is not us who close first.
  server.keepAliveTimeout = 75_000;
  await opened(server, options);
  const address = server.address();
  return {
    port: address !== null && typeof address === 'object' ? address.port : options.port,
    drain: async (graceMs) => {
      state.isDraining = true;
      inHand.forEach(sayLast);
      if (await hasConnections(server)) await pause(Math.min(ASK_AWAY_MS, graceMs / 4));
      await closed(server, graceMs);
    },
  };
}

/** Tells the client not to use the connection again. */
function sayLast(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close');
}

function hasConnections(server: Server): Promise<boolean> {
  return new Promise((done) => server.getConnections((_, count) => done(count > 0)));
}

function opened(server: Server, options: ListenerOptions): Promise<void> {
  const { host, port } = options;
  return new Promise((done, failed) => {
    server.once('error', (error) => failed(explain(error, options)));
    server.listen({ host, port }, () => done());
  });
}

function explain(error: Error, { host, port, portFrom }: ListenerOptions): Error {
  const variable = variableOf([portFrom]);
  switch (errorCode(error)) {
    case 'EADDRINUSE':
      return new SetupProblem(`Port ${port} on ${host} is in use by another program.`, [
        `Stop that program, or choose another port: ${variable}=${another(port)} npm start`,
      ]);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new SetupProblem(`${host} is no address of this machine (MUSTER_HOST).`);
    case 'EACCES':
      return new SetupProblem(`Port ${port} may only be used by root; choose one above 1023 (${variable}).`);
    default:
      return error;
  }
}

/** A port beside one that is taken, to name as an example. */
function another(port: number): number {
  return port < 65_535 ? port + 1 : port - 1;
}

async function closed(server: Server, graceMs: number): Promise<void> {
  const done = new Promise<void>((resolve) => void server.close(() => resolve()));
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  await done;
  clearInterval(sweep);
  clearTimeout(cut);
}
