/** Reading JSON bodies: bounded in bytes and in nesting before anything is parsed. */
import type { IncomingMessage } from 'node:http';
import { finished } from 'node:stream/promises';
import rawBody from 'raw-body';
import type { DoorContext } from './context.ts';
import { HttpProblem } from './problem.ts';

export interface BodyLimits {
  /** Most bytes of a body. */
  readonly bytes: number;
  /** Media types that are read, without parameters. */
  readonly types: readonly string[];
}

/** Deepest nesting of a JSON body (quality.md, Bad input). */
export const MAX_DEPTH = 20;

/**
 * Reads a request's body as JSON. Refuses as {@link readText}, and with 400 what is no JSON or nests too deeply.
 */
export async function readJson(context: DoorContext, limits: BodyLimits): Promise<unknown> {
  const text = await readText(context, limits);
  if (depthOf(text) > MAX_DEPTH) {
    throw new HttpProblem('body.malformed', `The body nests deeper than ${MAX_DEPTH} levels.`);
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new HttpProblem('body.malformed', 'The body is not JSON.');
  }
}

/** Names of UTF-8, and of what is a part of it, as senders declare it. */
const CHARSETS: readonly string[] = ['', 'utf-8', 'utf8', 'us-ascii'];

/**
 * Reads a request's body as text. Refuses with 415 another media type, another charset or a compressed body, 413 too many
 * bytes, 400 what is no UTF-8.
 */
export async function readText(context: DoorContext, { bytes, types }: BodyLimits): Promise<string> {
  const type = context.request.type.toLowerCase();
  if (type !== '' && !types.includes(type)) {
    throw new HttpProblem('body.unsupported_type', `${type} is not read here; send ${types.join(' or ')}.`);
  }
  const charset = context.request.charset.toLowerCase();
  if (!CHARSETS.includes(charset)) {
    throw new HttpProblem('body.unsupported_type', `${charset} is not read here; send UTF-8.`);
  }
  const encoding = context.get('Content-Encoding').trim().toLowerCase();
  if (encoding !== '' && encoding !== 'identity') {
    throw new HttpProblem('body.unsupported_type', 'Compressed bodies are not read here; send it as it is.', {
      'Accept-Encoding': 'identity',
    });
  }
  return decode(await readBytes(context, bytes));
}

async function readBytes(context: DoorContext, limit: number): Promise<Buffer> {
  try {
    const length = context.get('Content-Length');
    return await rawBody(context.req, { limit, length: length === '' ? null : length });
  } catch (error) {
    if (error instanceof Error && 'type' in error && error.type === 'entity.too.large') {
      context.set('Connection', 'close');
      await letGo(context.req);
      throw new HttpProblem('body.too_large', `The body is larger than ${limit} bytes.`);
    }
    throw new HttpProblem('body.malformed', 'The body did not arrive whole.');
  }
}

/** Most bytes that are taken and forgotten of a body that is too large. */
const LET_GO = 33_554_432;
/** Between two looks at what came of it. */
const LOOK_MS = 500;
/**
 * After so many looks without a byte the sender is waiting for the answer. They are counted, for one look alone may only
 * tell that this process had no time to read.
 */
const QUIET_LOOKS = 3;
/** Nobody is waited for longer than 30 s, though a byte comes now and then. */
const MOST_LOOKS = 60;

/**
 * Takes what is still coming of a request, and forgets it: who sends all before listening would otherwise find the
 * connection closed and never see the answer. Ends early for who has stopped sending, or sends too much or too slowly.
 */
async function letGo(request: IncomingMessage): Promise<void> {
  const enough = new AbortController();
  let [taken, seen, quiet, looks] = [0, 0, 0, 0];
  const take = (chunk: Buffer): void => {
    taken += chunk.length;
    if (taken > LET_GO) enough.abort();
  };
  const looking = setInterval(() => {
    looks += 1;
    quiet = taken === seen ? quiet + 1 : 0;
    seen = taken;
    if (quiet === QUIET_LOOKS || looks === MOST_LOOKS) enough.abort();
  }, LOOK_MS);
  request.on('data', take).resume();
  try {
    await finished(request, { signal: enough.signal });
  } catch {
    // The sender has gone, and there is nobody left to answer; or has to be answered now.
  } finally {
    clearInterval(looking);
    request.off('data', take);
  }
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new HttpProblem('body.malformed', 'The body is not UTF-8.');
  }
}

/** The deepest nesting of brackets outside strings, in one pass and without recursion. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let isInString = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (isInString) {
      if (character === '\\') at += 1;
      else if (character === '"') isInString = false;
    } else if (character === '"') isInString = true;
    else if (character === '{' || character === '[') deepest = Math.max(deepest, (depth += 1));
    else if (character === '}' || character === ']') depth -= 1;
  }
  return deepest;
}
