/** All effective memberships at one moment, with the cursor to go on from (P-03). */
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { readSnapshot, type SnapshotLine } from '../effective/feed/snapshot.ts';
import { HttpProblem } from '../http/problem.ts';
import type { Tx } from '../store/database.ts';
import { awaitFeed } from './at-least.ts';
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

/** Each holds a connection for as long as its reader takes, and there are some sixteen. */
const AT_ONCE = 4;
/** Seconds after which one more reader may come again. */
const COME_AGAIN = '10';

/** How many snapshots are being given. */
interface Given {
  now: number;
}

export function snapshotRoutes(parts: ApiParts): readonly Route[] {
  const given: Given = { now: 0 };
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
      handle: (call) => snapshot(parts, given, call),
    },
  ];
}

/** Refuses (503) more readers at a time than leave connections for everybody else. */
async function snapshot(parts: ApiParts, given: Given, call: Call): Promise<Answer> {
  await awaitFeed(parts, call);
  if (given.now >= AT_ONCE) {
    const detail = `${AT_ONCE} snapshots are being read already; come again in ${COME_AGAIN} s.`;
    throw new HttpProblem('not.ready', detail, { 'Retry-After': COME_AGAIN });
  }
  given.now += 1;
  const over = (): void => {
    given.now -= 1;
  };
  return {
    status: 200,
    headers: { 'Content-Type': 'application/x-ndjson' },
    body: await lines(parts, { asOf: new Date(), over }),
  };
}

/**
 * The transaction is open as long as lines are taken; a reader that goes away ends it. Fails where it cannot be begun,
 * so that this is answered as such. `over` is called once its connection is free again.
 */
async function lines(
  { directory, cursors }: ApiParts,
  { asOf, over }: { readonly asOf: Date; readonly over: () => void },
): Promise<Readable> {
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
  let begin = (): void => undefined;
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const read = (tx: Tx): Promise<void> => {
    begin();
    return pipeline(write(tx), written);
  };
  const ended = directory.database
    .transaction(read, { isolation: 'repeatable read', readOnly: true })
    .finally(over);
  await Promise.race([begun, ended]);
  ended.catch((error: unknown) => written.destroy(error instanceof Error ? error : new Error(String(error))));
  return written;
}
