/** Names in the watched folder: which files are taken, and where they go. */
import { join } from 'node:path';

/** Where a file ends: applied, nothing of it applied, stopped by a guard. */
export type Ending = 'done' | 'rejected' | 'held';

const IGNORED: readonly RegExp[] = [
  /^\./,
  /^~\$/,
  /\.(tmp|part|filepart|crdownload)$/i,
  /\.(done|ok|sha256)$/i,
  /\.receipt\.json$/i,
  /^readme(\.\w+)?$/i,
];

const CLAIMED = /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})--(.+)$/s;

/** False for what others are still writing, for markers, and for our own outputs. */
export function mayBeTaken(name: string): boolean {
  return !IGNORED.some((pattern) => pattern.test(name));
}

const RECEIVED = /^\.[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Where a file is received that gets its name in `work/` once it is whole: nobody takes a name with a dot for a claimed one. */
export function receivedPath(folder: string, claim: string): string {
  return join(folder, 'work', `.${claim}`);
}

/** True for a name in `work/` that {@link receivedPath} gave. */
export function isBeingReceived(name: string): boolean {
  return RECEIVED.test(name);
}

/** Where a claimed file is kept while it is worked on. */
export function claimedPath(folder: string, claim: string, file: string): string {
  return join(folder, 'work', `${claim}--${file}`);
}

/** The feed of files in the watched folder itself. */
export const BUILT_IN_FEED = 'csv';

/** Folder of a feed below the watched one; empty for the watched folder itself. */
export function folderOf(feed: string): string {
  return feed === BUILT_IN_FEED ? '' : feed;
}

/** Bytes of a name that is kept; with its claim and the endings of its companions it stays within the 255 of file systems. */
const MAX_NAME = 180;

/** The name that a file is known by: its own, or where that is too long its beginning and its ending. */
export function keptName(file: string): string {
  if (Buffer.byteLength(file) <= MAX_NAME) return file;
  const ending = /\.\w{1,8}$/.exec(file)?.[0] ?? '';
  let kept = '';
  for (const character of file) {
    if (Buffer.byteLength(kept + character + ending) > MAX_NAME) break;
    kept += character;
  }
  return kept + ending;
}

/** Claim and original name of a file in `work/`; null when it is none of ours. */
export function readClaimedName(name: string): { readonly claim: string; readonly file: string } | null {
  const match = CLAIMED.exec(name);
  const [, claim, file] = match ?? [];
  return claim === undefined || file === undefined ? null : { claim, file };
}
