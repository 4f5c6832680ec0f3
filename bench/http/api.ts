/** Requests to /api/v1 of a daemon of the benchmarks, and its change log as a stream. */
import { Pool } from 'undici';
import { TOKEN } from './processes.ts';

export interface Api {
  /** The answer's body, null for none. Throws when the status is not 2xx. */
  ask(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: object): Promise<unknown>;
  /** Whether the index served the page: its answers alone have a tag. */
  isIndexed(group: string): Promise<boolean>;
  /** Reads the log as it grows until the answered function is called; hands over what comes, as text. */
  follow(hear?: (text: string) => void): { readonly stop: () => Promise<void> };
  close(): Promise<void>;
}

/** Opens at most `connections`, and one for each stream. */
export function openApi(address: string, connections: number): Api {
  const pool = new Pool(address, { connections, pipelining: 1 });
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
  const base = '/api/v1';
  return {
    ask: async (method, path, body) => {
      const sent = body === undefined ? null : JSON.stringify(body);
      const answer = await pool.request({ method, path: base + path, headers, body: sent });
      const text = await answer.body.text();
      if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.statusCode} ${text}`);
      return text === '' ? null : (JSON.parse(text) as unknown);
    },
    isIndexed: async (group) => {
      const path = `${base}/groups/${group}/members?effective=true&limit=1`;
      const answer = await pool.request({ method: 'GET', path, headers });
      await answer.body.dump();
      return answer.headers.etag !== undefined;
    },
    follow: (hear = () => undefined) => {
      const ended = new AbortController();
      const read = readStream(`${address}${base}/changes?after=now`, ended.signal, hear);
      return {
        stop: async () => {
          ended.abort();
          await read;
        },
      };
    },
    close: () => pool.close(),
  };
}

async function readStream(url: string, signal: AbortSignal, hear: (text: string) => void): Promise<void> {
  try {
    const headers = { authorization: `Bearer ${TOKEN}`, accept: 'text/event-stream' };
    const answer = await fetch(url, { headers, signal });
    for await (const piece of answer.body ?? []) hear(Buffer.from(piece as Uint8Array).toString('utf8'));
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
