/** `atLeast`: a read that must not be behind a write, wherever it is answered (P-05). */
import { HttpProblem } from '../http/problem.ts';
import { findBatchOfRow, readFeedHead, seesTransaction } from '../store/effective/feed-pages.ts';
import type { ApiParts } from './parts.ts';
import { type Call, isWrite, type Route } from './route.ts';
import { cursor } from './shapes.ts';

/** How long a reader is kept waiting. */
const PATIENCE_MS = 10_000;
const BETWEEN_LOOKS_MS = 20;

/** Adds `atLeast` to those of the routes that read the directory. One that waits by itself keeps its own. */
export function withAtLeast(parts: ApiParts, routes: readonly Route[]): readonly Route[] {
  return routes.map((route) => {
    if (isWrite(route) || route.scope !== 'directory.read' || route.query?.atLeast !== undefined)
      return route;
    return {
      ...route,
      query: {
        ...route.query,
        atLeast: cursor.describe(
          'A cursor; the answer holds what the write of that cursor did, or waits for it.',
        ),
      },
      handle: async (call) => {
        await awaitWrite(parts, call);
        return route.handle(call);
      },
    };
  });
}

/** A primary sees a write that was answered; a replica may have to wait for it. Refuses (503) after ten seconds. */
async function awaitWrite(parts: ApiParts, call: Call): Promise<void> {
  const text = call.query.get('atLeast');
  if (text === null) return;
  const { database } = parts.directory;
  const place = parts.cursors.open(text);
  if (place.kind === 'end') {
    await awaitFeed(parts, call);
    return;
  }
  const until = performance.now() + PATIENCE_MS;
  while (!(await seesTransaction(database, place.xid))) {
    if (performance.now() > until || call.gone.aborted) throw notYet('This instance');
    await parts.feedHead.wait(Number.MAX_SAFE_INTEGER, BETWEEN_LOOKS_MS, call.gone);
  }
}

/** Waits until the feed has told what the write of `atLeast` led to. Refuses (503) after ten seconds. */
export async function awaitFeed(
  { directory: { database }, cursors, feedHead }: ApiParts,
  { query, gone }: Call,
): Promise<void> {
  const text = query.get('atLeast');
  if (text === null) return;
  const place = cursors.open(text);
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const head = await readFeedHead(database);
    const batch = place.kind === 'end' ? place.batch : await findBatchOfRow(database, place);
    if (batch !== null && batch <= head) return;
    const restMs = until - performance.now();
    if (restMs <= 0 || gone.aborted) throw notYet('The feed');
    await feedHead.wait(head, restMs, gone);
  }
}

function notYet(who: string): HttpProblem {
  return new HttpProblem('not.ready', `${who} has not come to that place yet; ask again.`);
}
