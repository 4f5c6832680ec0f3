/** Getting metadata: from a file, or over https. */
import { readFile, stat } from 'node:fs/promises';
import { errorCode } from '../../../core/error-code.ts';
import { isLoopbackHost } from '../../../http/site.ts';

/** Large enough for the aggregates of the largest federations. */
const MAX_BYTES = 128 * 1024 * 1024;
const PATIENCE_MS = 30_000;
const MAX_REDIRECTS = 3;

export type Loaded =
  { readonly kind: 'loaded'; readonly xml: string } | { readonly kind: 'unreachable'; readonly why: string };

/** True for an address; anything else is a path. */
export function isAddress(from: string): boolean {
  return /^https?:\/\//i.test(from);
}

/** Loads a text; says in a sentence why it cannot be had. */
export async function loadMetadata(from: string): Promise<Loaded> {
  try {
    return isAddress(from) ? await download(from) : await readWhole(from);
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    const code = errorCode(cause);
    const why = code === '' && cause instanceof Error ? cause.message : code;
    return { kind: 'unreachable', why: `${from} cannot be read: ${why}.` };
  }
}

async function readWhole(path: string): Promise<Loaded> {
  if ((await stat(path)).size > MAX_BYTES) return tooLarge(path);
  return { kind: 'loaded', xml: await readFile(path, 'utf8') };
}

/** Plain http is for the machine itself: over it, anybody on the way could put in a certificate of theirs. */
async function download(from: string, redirects = 0): Promise<Loaded> {
  const url = new URL(from);
  if (url.protocol !== 'https:' && !isLoopbackHost(url.hostname)) {
    return { kind: 'unreachable', why: `${from} is plain http; metadata are fetched over https.` };
  }
  const answer = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(PATIENCE_MS) });
  const next = answer.headers.get('Location');
  if (answer.status >= 300 && answer.status < 400 && next !== null) {
    await answer.body?.cancel();
    if (redirects >= MAX_REDIRECTS)
      return { kind: 'unreachable', why: `${from} leads from one address to another.` };
    return download(new URL(next, url).href, redirects + 1);
  }
  if (!answer.ok || answer.body === null) {
    return { kind: 'unreachable', why: `${from} answers ${answer.status}.` };
  }
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of answer.body as AsyncIterable<Uint8Array>) {
    bytes += piece.length;
    if (bytes > MAX_BYTES) return tooLarge(from);
    pieces.push(piece);
  }
  return { kind: 'loaded', xml: Buffer.concat(pieces).toString('utf8') };
}

function tooLarge(from: string): Loaded {
  return { kind: 'unreachable', why: `${from} is larger than ${MAX_BYTES} bytes.` };
}
