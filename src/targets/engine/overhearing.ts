/**
 * Which exchange belonged to which attempt. A connector tells of its exchanges without knowing what they are for;
 * the asynchronous context that an attempt runs in tells them apart.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { type Exchange, type RedactedExchange, redactExchange } from '../exchange.ts';

interface Ear {
  last: Exchange | null;
}

const ears = new AsyncLocalStorage<Ear>();

/** To be called for every exchange. */
export function noteExchange(exchange: Exchange): void {
  const ear = ears.getStore();
  if (ear !== undefined) ear.last = exchange;
}

/** Runs an attempt's work; `last` is the last exchange that it led to, redacted. */
export async function overhear<T>(
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly last: RedactedExchange | null }> {
  const ear: Ear = { last: null };
  const result = await ears.run(ear, work);
  return { result, last: ear.last === null ? null : redactExchange(ear.last) };
}
