/**
 * A position in the log is what one snapshot of the database sees: a `pg_snapshot`, whose text is
 * `xmin:xmax:running,…`. A transaction is seen when it ended before the snapshot was taken: its number is below
 * xmax and not among the running. Numbers of transactions are 64 bits, so bigints.
 */
export interface Position {
  /** As PostgreSQL writes it. */
  readonly text: string;
  /** Every transaction below is seen. */
  readonly xmin: bigint;
  /** No transaction from here on is seen. */
  readonly xmax: bigint;
  readonly running: ReadonlySet<bigint>;
}

/** Reads the text of a pg_snapshot. Throws on anything else. */
export function parsePosition(text: string): Position {
  const [, xmin, xmax, running = ''] = /^(\d+):(\d+):([\d,]*)$/.exec(text) ?? [];
  if (xmin === undefined || xmax === undefined) throw new Error(`Not a pg_snapshot: ${text}`);
  return {
    text,
    xmin: BigInt(xmin),
    xmax: BigInt(xmax),
    running: new Set(running === '' ? [] : running.split(',').map(BigInt)),
  };
}

/** True when what that transaction wrote lies at or before the position. */
export function isSeen(position: Position, xid: bigint): boolean {
  return xid < position.xmin || (xid < position.xmax && !position.running.has(xid));
}

/** True when `later` sees every transaction that `earlier` sees. */
export function covers(later: Position, earlier: Position): boolean {
  for (const xid of later.running) if (isSeen(earlier, xid)) return false;
  if (earlier.xmax <= later.xmax) return true;
  const between = earlier.xmax - later.xmax;
  let unseen = 0n;
  for (const xid of earlier.running) if (xid >= later.xmax) unseen += 1n;
  return unseen === between;
}
