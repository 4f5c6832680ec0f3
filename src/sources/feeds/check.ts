/** A check of a file without an instance: what would be read, refused and planned. */
import { basename } from 'node:path';
import { isFileFault } from '../../core/feeds/fault.ts';
import {
  type Rehearsal,
  type RehearsalFault,
  rehearse,
  type RehearsedRow,
} from '../../core/feeds/rehearsal.ts';
import { isFault } from '../../core/feeds/row.ts';
import type { FeedSettings } from '../../core/feeds/settings.ts';
import { inspectFile, type ReadPart, readRows } from './reading.ts';

export interface CheckedPart {
  /** Null for a single file. */
  readonly file: string | null;
  readonly format: string;
  readonly delimiter: string;
}

export interface CheckedRow extends RehearsalFault {
  readonly file: string | null;
  readonly original: string;
}

export interface FileCheck {
  readonly file: string;
  readonly sha256: string | null;
  readonly encoding: string | null;
  readonly parts: readonly CheckedPart[];
  readonly rows: { readonly total: number; readonly accepted: number; readonly refused: number };
  readonly refused: readonly CheckedRow[];
  /** In an empty directory; null when the whole file would be rejected. */
  readonly plan: Rehearsal | null;
  /** Why the whole file would be rejected; null when it would not. */
  readonly error: { readonly code: string; readonly detail: string } | null;
}

/** Reads a file as its feed would. Fails only where it cannot be opened at all. */
export async function checkFile(path: string, settings: FeedSettings): Promise<FileCheck> {
  const file = basename(path);
  const read: ReadPart[] = [];
  const good: RehearsedRow[] = [];
  const originals = new Map<number, string>();
  const faults: RehearsalFault[] = [];
  let sha256: string | null = null;
  let encoding: string | null = null;
  let total = 0;
  const partsSoFar = (): CheckedPart[] =>
    read.map(({ file: part, layout }) => ({
      file: part === '' ? null : part,
      format: layout.format.name,
      delimiter: layout.delimiter,
    }));
  try {
    const facts = await inspectFile(path, settings);
    ({ sha256, encoding } = facts);
    const batches = readRows({
      path,
      facts,
      settings,
      cutOff: 'refuse-file',
      onPart: (part) => read.push(part),
    });
    for await (const rows of batches) {
      for (const { line, original, row } of rows) {
        total += 1;
        originals.set(line, original);
        if (isFault(row)) faults.push({ line, ...row });
        else good.push({ line, row });
      }
    }
  } catch (error) {
    if (!isFileFault(error)) throw error;
    const { code, message: detail } = error;
    const rows = { total, accepted: 0, refused: 0 };
    return {
      file,
      sha256,
      encoding,
      parts: partsSoFar(),
      rows,
      refused: [],
      plan: null,
      error: { code, detail },
    };
  }
  const { plan, faults: more } = rehearse(good, settings);
  const refused = [...faults, ...more]
    .sort((a, b) => a.line - b.line)
    .map((fault) => ({ ...fault, ...placeOf(fault.line, read), original: originals.get(fault.line) ?? '' }));
  const rows = { total, accepted: total - refused.length, refused: refused.length };
  const isNothing = total > 0 && refused.length === total;
  const error = isNothing
    ? {
        code: 'file.nothing_accepted',
        detail: `All ${total} rows of the file would be refused. Correct them as the list says.`,
      }
    : null;
  return { file, sha256, encoding, parts: partsSoFar(), rows, refused, plan: isNothing ? null : plan, error };
}

/** The file of a set that a row stands in, and its line there. */
function placeOf(
  line: number,
  read: readonly ReadPart[],
): { readonly file: string | null; readonly line: number } {
  const part = read.findLast(({ before }) => line > before);
  return part === undefined || part.file === ''
    ? { file: null, line }
    : { file: part.file, line: line - part.before };
}
