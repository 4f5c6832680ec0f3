/** What the routes of this door are built of. */
import type { CursorPlace, Cursors } from '../core/cursor.ts';
import type { GuardLimits } from '../core/plans/limits.ts';
import type { Registry } from '../core/scim/registry.ts';
import type { Performed, Directory } from '../directory/work.ts';
import type { IndexReads } from '../effective/asks.ts';
import type { FeedHead } from '../effective/feed/head.ts';
import { placeOfNow } from '../store/changes.ts';

export interface ApiParts {
  readonly directory: Directory;
  readonly index: IndexReads;
  readonly feedHead: FeedHead;
  readonly cursors: Cursors;
  /** Key that signs the cursors of lists. */
  readonly listKey: Buffer;
  readonly registry: Registry;
  /** What people's and programs' own edits may take away unasked (D-31). */
  readonly guards: GuardLimits;
  /** Address of the installation, without a slash at its end. */
  readonly baseUrl: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Days for which the past can be asked about. */
  readonly historyDays: number;
  /** Random bytes. */
  readonly random: (bytes: number) => Buffer;
}

/** The header that says where a write, or what an answer shows, stands in the log (P-05). */
export const CURSOR_HEADER = 'Muster-Cursor' as const;

/** The cursor header of a place. */
export function cursorHeader({ cursors }: ApiParts, place: CursorPlace): Readonly<Record<string, string>> {
  return { [CURSOR_HEADER]: cursors.seal(place) };
}

/** The cursor header of a write; of one that changed nothing, the place where it would have been. */
export async function writtenAt(
  parts: ApiParts,
  { place }: Performed<unknown>,
): Promise<Readonly<Record<string, string>>> {
  const { xid, seq } = place ?? (await placeOfNow(parts.directory.database));
  return cursorHeader(parts, { kind: 'row', xid, seq });
}
