/** Lines of CSV as our own feeds read them: UTF-8, commas, quotes where a cell needs them. */

/**
 * Why something is no row: it follows from facts and no file makes it, it comes back with the memberships that name
 * it, or no cell can say its name.
 */
export type LeftOut = 'automatic' | 'stub' | 'unsayable';

/** Characters that no cell of a file may hold (core/feeds/reader.ts). */
// eslint-disable-next-line no-control-regex -- control characters are what this looks for
const UNSAYABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffd]/;
const QUOTED = /[",;\t\r\n]/;

/** Whether a file can hold the text. */
export function isSayable(text: string): boolean {
  return !UNSAYABLE.test(text) && text.isWellFormed();
}

/** One record with its line end. A cell is data whatever it starts with: nothing is put before an `=`. */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map(csvCell).join(',')}\n`;
}

function csvCell(text: string): string {
  return QUOTED.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
