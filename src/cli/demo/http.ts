/** HTTP as the demo's actors use it: one base address, one token, JSON both ways. */

/** One side of a conversation with a server. */
export interface Caller {
  /** The JSON of a 2xx answer; anything else fails with what the server said. */
  get(path: string): Promise<unknown>;
  send(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<unknown>;
}

const PATIENCE_MS = 15_000;

/** Speaks to `base` with a bearer token; `type` is the media type of what is sent. */
export function callerOf(base: string, token: string, type = 'application/json'): Caller {
  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const answer = await fetch(`${base}${path}`, {
      method,
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': type },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status}: ${text.slice(0, 500)}`);
    return text === '' ? null : (JSON.parse(text) as unknown);
  };
  return { get: (path) => call('GET', path), send: call };
}
