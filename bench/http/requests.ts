import { Pool } from 'undici';
import { TOKEN } from './processes.ts';

/** Requests to one server over connections that stay open. */
export interface Requests {
  /** The body of the answer. Throws when the status is not 2xx. */
  get(path: string): Promise<string>;
  send(method: 'PATCH' | 'POST' | 'PUT' | 'DELETE', path: string, body: object | null): Promise<string>;
  close(): Promise<void>;
  /** As `close`, without waiting for answers. */
  destroy(): Promise<void>;
}

/** Opens at most `connections` to the server, with the token of benchmarks. */
export function openRequests(address: string, connections: number, token: string = TOKEN): Requests {
  const pool = new Pool(address, {
    connections,
    pipelining: 1,
    bodyTimeout: 300_000,
    headersTimeout: 300_000,
  });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' };
  const ask = async (
    method: 'GET' | 'PATCH' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body: string | null,
  ): Promise<string> => {
    const answer = await pool.request({ method, path, headers, body });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.statusCode} ${text}`);
    return text;
  };
  return {
    get: (path) => ask('GET', path, null),
    send: (method, path, body) => ask(method, path, body === null ? null : JSON.stringify(body)),
    close: () => pool.close(),
    destroy: () => pool.destroy(),
  };
}

/** Sends `count` requests, `atOnce` of them at a time. */
export async function batch(count: number, atOnce: number, send: () => Promise<unknown>): Promise<void> {
  let left = count;
  const sender = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await send();
    }
  };
  await Promise.all(Array.from({ length: atOnce }, sender));
}
