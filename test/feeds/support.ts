import type { FileFormat } from '../../src/core/feeds/layout.ts';
import { PORTAL_FORMAT } from '../../src/core/feeds/portal-row.ts';
import type { RowReader, SourceRow } from '../../src/core/feeds/reader.ts';
import { createRowReader } from '../../src/core/feeds/reader.ts';

/** Reads a whole text at once; `pieces` cuts it first. */
export function readAll(
  text: string,
  {
    formats = [PORTAL_FORMAT],
    delimiter = null,
    pieces = [text],
  }: { formats?: readonly FileFormat[]; delimiter?: string | null; pieces?: readonly string[] } = {},
): { rows: SourceRow[]; reader: RowReader } {
  const reader = createRowReader({ formats, delimiter });
  const rows = pieces.flatMap((piece) => reader.push(piece));
  return { rows: [...rows, ...reader.end()], reader };
}

/** The code of what a call throws; fails when it throws nothing. */
export function codeThrownBy(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return String(error.code);
    throw error;
  }
  throw new Error('nothing was thrown');
}
