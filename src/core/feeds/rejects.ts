/**
 * The file of rejected rows: line, code and reason in front of each row as it stood, under a header whose
 * remarks the reader ignores. Whoever corrects the rows drops the file again as it is.
 */
import { REMARK } from './layout.ts';
import { PORTAL_FORMAT } from './portal-row.ts';

export interface RejectedRow {
  readonly line: number;
  readonly code: string | null;
  readonly detail: string | null;
  readonly original: string;
}

/** The header of a file of rejected rows. `header` is that of the file; null when it had none. */
export function rejectsHeader(header: string | null, delimiter: string): string {
  const remarks = ['line', 'code', 'reason'].map((name) => `${REMARK}${name}`);
  const columns = header ?? (PORTAL_FORMAT.positions ?? []).join(delimiter);
  return `${remarks.join(delimiter)}${delimiter}${columns}\r\n`;
}

/** One rejected row. */
export function rejectsLine({ line, code, detail, original }: RejectedRow, delimiter: string): string {
  const remarks = [String(line), code ?? '', quote(detail ?? '')];
  return `${remarks.join(delimiter)}${delimiter}${original}\r\n`;
}

function quote(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

/** The header for refused rows of a set: their files have different columns, so these cannot be dropped again. */
export function setRejectsHeader(): string {
  return `${['file', 'line', 'code', 'reason', 'row'].map((name) => `${REMARK}${name}`).join(',')}\r\n`;
}

/** One refused row of a set. */
export function setRejectsLine(row: RejectedRow & { readonly file: string }): string {
  const cells = [row.file, String(row.line), row.code ?? '', row.detail ?? '', row.original];
  return `${cells.map(quote).join(',')}\r\n`;
}
