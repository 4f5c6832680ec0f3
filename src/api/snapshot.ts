/** All effective memberships at one moment, with the cursor to go on from (P-03). */
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { readSnapshot, type SnapshotLine } from '../effective/feed/snapshot.ts';
import { HttpProblem } from '../http/problem.ts';
import type { Tx } from '../store/database.ts';
import { findBatchOfRow, readFeedHead } from '../store/effective/feed-pages.ts';
import type { ApiParts } from './parts.ts';
import type { Answer, Call, Route } from './route.ts';
import { cursor as cursorShape, id, time } from './shapes.ts';

const line = z.union([
  z.object({ kind: z.literal('start'), cursor: cursorShape, asOf: time }),
  z.object({
    kind: z.literal('group'),
    id,
    name: z.string(),
    members: z.array(id),
    part: z.int(),
    parts: z.int(),
  }),
  z.object({ kind: z.literal('end'), cursor: cursorShape, groups: z.int(), memberships: z.int() }),
]);

export function snapshotRoutes(parts: ApiParts): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/snapshot',
      scope: 'directory.read',
      summary: 'All effective memberships in one consistent read, as NDJSON',
      query: {
        atLeast: cursorShape.describe('Waits until the snapshot holds what the write of this cursor did.'),
      },
      answers: { 200: { content: { 'application/x-ndjson': line }, headers: [] } },
      handle: (call) => snapshot(parts, call),
    },
  ];
}

/** How long `atLeast` waits for the feed. */
const PATIENCE_MS = 10_000;

async function snapshot(parts: ApiParts, call: Call): Promise<Answer> {
  const atLeast = call.query.get('atLeast');
  if (atLeast !== null) await awaitFeed(parts, atLeast, call.gone);
  return {
    status: 200,
    headers: { 'Content-Type': 'application/x-ndjson' },
    body: lines(parts, new Date()),
  };
}

/** The transaction is open as long as lines are taken; a reader that goes away ends it. */
function lines({ directory, cursors }: ApiParts, asOf: Date): Readable {
  const written = new PassThrough();
  const bodyOf = (line: SnapshotLine): object => {
    if (line.kind === 'group') return line;
    const { kind, batch, ...rest } = line;
    const cursor = cursors.seal({ kind: 'end', batch });
    return { kind, cursor, ...(kind === 'start' ? { asOf: asOf.toISOString() } : rest) };
  };
  const write = async function* (tx: Tx): AsyncGenerator<string> {
    for await (const line of readSnapshot(tx)) yield `${JSON.stringify(bodyOf(line))}\n`;
  };
  directory.database
    .transaction((tx) => pipeline(write(tx), written), { isolation: 'repeatable read', readOnly: true })
    .catch((error: unknown) => written.destroy(error instanceof Error ? error : new Error(String(error))));
  return written;
}

async function awaitFeed(
  { directory: { database }, cursors, feedHead }: ApiParts,
  text: string,
  gone: AbortSignal,
): Promise<void> {
  const place = cursors.open(text);
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const head = await readFeedHead(database);
    const batch = place.kind === 'end' ? place.batch : await findBatchOfRow(database, place);
    if (batch !== null && batch <= head) return;
    const restMs = until - performance.now();
    if (restMs <= 0 || gone.aborted) {
      throw new HttpProblem('not.ready', 'The feed has not come to that place yet; ask again.');
    }
    await feedHead.wait(head, restMs, gone);
  }
}
