/** The change log, to be read on from a cursor: as a page, as lines, or as a stream of events (P-02). */
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { parseGroupId } from '../core/ids.ts';
import { Refusal } from '../core/refusal.ts';
import { type FeedPage, readFeed } from '../effective/feed/reader.ts';
import { changeBodies, type ChangeBody, changeShape } from './change-body.ts';
import { awaitFeed } from './at-least.ts';
import { type ChangeQuery, changeParameters, readChangeQuery } from './change-query.ts';
import { CURSOR_HEADER, type ApiParts } from './parts.ts';
import { readsDirectory, requireSight } from './people.ts';
import type { Answer, Call, Route } from './route.ts';
import { cursor as cursorShape } from './shapes.ts';

export function changeRoutes(parts: ApiParts): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/changes',
      scope: 'directory.read',
      people: 'decided-by-policies',
      summary: 'The change log from a cursor on: JSON, NDJSON or server-sent events',
      query: changeParameters,
      answers: {
        200: {
          content: {
            'application/json': pageShape,
            'application/x-ndjson': lineShape,
            'text/event-stream': z.string(),
          },
          headers: ['Muster-Cursor'],
        },
      },
      handle: (call) => listChanges(parts, call),
    },
  ];
}

const pageShape = z.object({ changes: z.array(changeShape), cursor: cursorShape, more: z.boolean() });
const lineShape = z
  .union([changeShape, z.object({ type: z.literal('bookmark'), cursor: cursorShape, more: z.boolean() })])
  .describe('One line each; the last is the bookmark.');

/** A stream says so often that it is still there. */
const HEARTBEAT_MS = 15_000;
/** Between two looks a stream rests: what is cut meanwhile is told together, and writers have the time. */
const REST_MS = 25;

async function listChanges(parts: ApiParts, call: Call): Promise<Answer> {
  if (!readsDirectory(call)) await requireLed(parts, call);
  await awaitFeed(parts, call);
  const query = await readChangeQuery(parts, call);
  const accept = call.header('Accept') ?? '';
  if (accept.includes('text/event-stream')) return streamChanges(parts, call, query);
  const page = await nextPage(parts, query, call.gone);
  const changes = await changeBodies(parts.directory.database, parts.cursors, page.rows);
  const cursor = parts.cursors.seal(page.end, query.filterText);
  const headers = { [CURSOR_HEADER]: cursor };
  if (!accept.includes('application/x-ndjson')) {
    return { status: 200, headers, body: { changes, cursor, more: page.isMore } };
  }
  const lines = [...changes, { type: 'bookmark', cursor, more: page.isMore }];
  return {
    status: 200,
    headers: { ...headers, 'Content-Type': 'application/x-ndjson' },
    body: Readable.from(lines.map((line) => `${JSON.stringify(line)}\n`)),
  };
}

/**
 * People who may not read the directory read the log of the groups that they manage (J-14), and no other (J-15); as
 * pages, for a stream would go on after they stopped managing it.
 */
async function requireLed(parts: ApiParts, call: Call): Promise<void> {
  const text = call.query.get('group');
  if (text === null)
    throw new Refusal('actor.not_allowed', { act: 'read the log of all groups', group: null });
  if ((call.header('Accept') ?? '').includes('text/event-stream')) {
    throw new Refusal('actor.not_allowed', { act: 'follow the log as a stream', group: null });
  }
  const group = parseGroupId(text);
  if (group === null) throw new Refusal('group.not_found', { group: text });
  await requireSight(parts, call, { group, act: 'see-log' });
}

/** The next page that is not empty, waited for as long as the reader wants to. */
async function nextPage(parts: ApiParts, query: ChangeQuery, gone: AbortSignal): Promise<FeedPage> {
  const { directory, feedHead } = parts;
  const until = performance.now() + query.waitMs;
  let { after } = query;
  for (;;) {
    const page = await readFeed(directory.database, { ...query, after });
    const restMs = until - performance.now();
    if (page.rows.length > 0 || page.isMore || restMs <= 0 || gone.aborted || feedHead.isClosed) return page;
    after = page.end;
    await feedHead.wait(page.batch, restMs, gone);
  }
}

/** First page before the headers, so that a bad cursor is answered as a problem and not in the middle of a stream. */
async function streamChanges(parts: ApiParts, call: Call, query: ChangeQuery): Promise<Answer> {
  const first = await readFeed(parts.directory.database, query);
  return {
    status: 200,
    headers: { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' },
    body: Readable.from(events(parts, { query, gone: call.gone, first }), { objectMode: true }),
  };
}

interface Stream {
  readonly query: ChangeQuery;
  readonly gone: AbortSignal;
  readonly first: FeedPage;
}

/** Entries, and a bookmark where the place moves on without one, so that a quiet filter still advances. */
async function* events(parts: ApiParts, { query, gone, first }: Stream): AsyncGenerator<string> {
  const { directory, cursors, feedHead } = parts;
  yield ': the change log of Muster\n\n';
  let page = first;
  let told = '';
  for (;;) {
    const changes = await changeBodies(directory.database, cursors, page.rows);
    for (const change of changes) yield eventText(change.cursor, change);
    const cursor = cursors.seal(page.end, query.filterText);
    const isTold = cursor === told || cursor === changes.at(-1)?.cursor;
    if (!isTold) yield eventText(cursor, { type: 'bookmark', cursor });
    else if (changes.length === 0) yield ': still here\n\n';
    told = cursor;
    if (!page.isMore) {
      await pause(REST_MS, undefined, { signal: gone }).catch(() => undefined);
      await feedHead.wait(page.batch, HEARTBEAT_MS, gone);
    }
    if (gone.aborted || feedHead.isClosed) return;
    page = await readFeed(directory.database, { ...query, after: page.end });
  }
}

function eventText(id: string, change: ChangeBody): string {
  return `id: ${id}\nevent: ${change.type}\ndata: ${JSON.stringify(change)}\n\n`;
}
