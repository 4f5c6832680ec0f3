/** Reading the whole directory's numbers for the index: by COPY in binary, some millions of pairs a second. */
import { to as copyTo } from 'pg-copy-streams';
import type { Tx } from '../database.ts';

const EDGES = `copy (select group_n, member_n from assertion where member_kind = 'u' and not suppressed)
  to stdout (format binary)`;
const NESTINGS = `copy (
    select a.group_n, a.member_n from assertion a
    join groups g on g.n = a.group_n and g.deleted_at is null
    join groups m on m.n = a.member_n and m.deleted_at is null
    where a.member_kind = 'g' and not a.suppressed) to stdout (format binary)`;
const ACTIVE = 'copy (select n, 0 from users where active and deleted_at is null) to stdout (format binary)';
const GONE = 'copy (select n, 0 from groups where deleted_at is not null) to stdout (format binary)';

/** Signature, flags and length of the header's extension, which PostgreSQL leaves empty. */
const HEADER_BYTES = 19;
/** Number of fields, then for each of two its length and value. */
const PAIR_BYTES = 2 + 4 + 4 + 4 + 4;

export type PairOf = 'edges' | 'nestings' | 'active' | 'gone groups';

const statements = {
  edges: EDGES,
  nestings: NESTINGS,
  active: ACTIVE,
  'gone groups': GONE,
} satisfies Record<PairOf, string>;

/**
 * Calls `take` with every pair: (group, user) of the edges, (group, nested group) of the nestings; for active users and
 * deleted groups the first number alone counts. Edges of deleted groups are among them until they are swept.
 */
export async function readPairs(
  tx: Tx,
  what: PairOf,
  take: (first: number, second: number) => void,
): Promise<void> {
  const stream = tx.client.query(copyTo(statements[what]));
  let skip = HEADER_BYTES;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    if (skip > 0) {
      if (bytes.length < skip) {
        rest = bytes;
        continue;
      }
      at = skip;
      skip = 0;
    }
    for (; at + PAIR_BYTES <= bytes.length; at += PAIR_BYTES) {
      take(bytes.readInt32BE(at + 6), bytes.readInt32BE(at + 14));
    }
    rest = bytes.subarray(at);
  }
}
