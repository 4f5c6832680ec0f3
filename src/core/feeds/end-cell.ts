/** The cell `expiresAt`: when the membership of a row ends by itself (D-01). */
import { type RowFault, rowFault } from './fault.ts';

const FORM = /^\d{4}-\d{2}-\d{2}(?:[Tt]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d{2}:\d{2}))?$/;

/** The moment of a cell such as `2027-06-30` (its first moment in UTC) or `2027-06-30T12:00:00Z`; null for an empty one. */
export function readEndCell(cell: string): string | null | RowFault {
  if (cell === '') return null;
  const at = FORM.test(cell) ? Date.parse(cell) : NaN;
  if (!Number.isNaN(at)) return new Date(at).toISOString();
  const why = `"${cell}" is no time such as 2027-06-30 or 2027-06-30T12:00:00Z.`;
  return rowFault('attribute.invalid', { column: 'expiresAt', why });
}
