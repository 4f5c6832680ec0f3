/**
 * What can be wrong with a file, and with one row of it: each fault has its own code and a sentence for the
 * person who made the file (spec: every fault of the page has its own code). A fault of the file rejects it
 * whole; a fault of a row refuses that row, and the rest goes on.
 */
export interface FileFaultDetails {
  'file.spreadsheet': { readonly kind: string };
  'file.encoding': { readonly line: number; readonly byte: number; readonly encoding: string };
  'file.encoding_unsupported': { readonly encoding: string };
  'file.encoding_broken': { readonly encoding: string };
  'file.quote_open': { readonly line: number };
  'file.record_too_long': { readonly line: number; readonly limit: number };
  'file.truncated': { readonly line: number };
  'file.empty': { readonly mode: string };
  'file.too_large': { readonly limit: number };
  'file.unreadable': { readonly why: string };
  'file.nothing_accepted': { readonly rows: number };
  'file.gone': { readonly file: string };
  'file.given_up': { readonly attempts: number };
  'file.older': { readonly file: string; readonly newer: string };
  'file.source_retired': { readonly source: string };
  'set.manifest': { readonly why: string };
  'set.incomplete': { readonly file: string; readonly why: string };
  'header.unreadable': { readonly line: number };
  'header.duplicate': { readonly columns: readonly string[] };
  'header.missing': { readonly columns: readonly string[] };
  'header.unknown': { readonly columns: readonly string[]; readonly missing: readonly string[] };
}

export interface RowFaultDetails {
  'row.too_few_cells': { readonly cells: number; readonly expected: string };
  'row.too_many_cells': { readonly cells: number; readonly expected: string };
  'row.quote': { readonly cell: number };
  'row.control_character': { readonly cell: number; readonly character: number };
  'row.undecodable': { readonly cell: number };
  'action.invalid': { readonly value: string };
  'isgroup.invalid': { readonly value: string };
  'group.invalid': { readonly why: string };
  'member.invalid': { readonly why: string };
  'member.star': { readonly action: string };
  'identity.invalid': { readonly cell: string; readonly why: string };
  'role.invalid': { readonly role: string; readonly why: string };
  'person.invalid': { readonly column: string; readonly why: string };
  'attribute.invalid': { readonly column: string; readonly why: string };
  'active.invalid': { readonly value: string };
  'flag.invalid': { readonly column: string; readonly value: string };
  'type.invalid': { readonly value: string };
  'status.invalid': { readonly value: string };
}

export type FileFaultCode = keyof FileFaultDetails;
export type RowFaultCode = keyof RowFaultDetails;

/** A fault of one row: code and sentence, as the receipt, the rejects and the API show it. */
export interface RowFault {
  readonly code: RowFaultCode;
  readonly detail: string;
}

/** Characters of a cell that a sentence repeats: the row stands beside it as it is. */
const SHOWN = 100;
/** Columns that a sentence names. */
const NAMED = 10;

/** What a cell holds, cut where it is long. */
function shown(text: string): string {
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN).toWellFormed()}…`;
}

function listed(columns: readonly string[]): string {
  const more = columns.length - NAMED;
  const names = columns.slice(0, NAMED).map(shown).join(', ');
  return more > 0 ? `${names} and ${more} more` : names;
}

type Sentences<Details> = { readonly [Code in keyof Details]: (details: Details[Code]) => string };

const fileSentences: Sentences<FileFaultDetails> = {
  'file.spreadsheet': ({ kind }) => `This is ${kind}, not text. Open it and save it as CSV (UTF-8).`,
  'file.encoding': ({ line, byte, encoding }) =>
    `Line ${line} holds the byte 0x${byte.toString(16).toUpperCase().padStart(2, '0')}, which is not ${encoding}. ` +
    `Save the file as UTF-8, or declare its encoding in the settings of the feed.`,
  'file.encoding_unsupported': ({ encoding }) =>
    `The encoding ${encoding} is not supported. Save the file as UTF-8.`,
  'file.encoding_broken': ({ encoding }) =>
    `The file looks like ${encoding} and is no good ${encoding}. Save it as UTF-8.`,
  'file.quote_open': ({ line }) =>
    `The quote that opens in line ${line} is never closed. Close it; a quote that belongs to a cell is written twice.`,
  'file.record_too_long': ({ line, limit }) =>
    `The record that starts in line ${line} is longer than ${limit.toLocaleString('en')} characters. Look for a quote that is not closed.`,
  'file.truncated': ({ line }) =>
    `The file ends in the middle of the record of line ${line}. Send it again when it is whole.`,
  'file.empty': ({ mode }) =>
    `The file holds no rows. In mode ${mode} that would mean that nobody is left, so it is refused. Send a whole export.`,
  'file.too_large': ({ limit }) =>
    `The file is larger than ${limit.toLocaleString('en')} bytes. Drop it into the watched folder as plain text, or in several files.`,
  'file.unreadable': ({ why }) => `The file cannot be read: ${why}. Mend that and drop it again.`,
  'file.nothing_accepted': ({ rows }) =>
    `All ${rows} rows of the file were refused. Correct them in the rejects beside the receipt and drop those.`,
  'file.gone': ({ file }) => `${file} was taken away while it was worked on. Drop it again.`,
  'file.given_up': ({ attempts }) =>
    `Reading it failed ${attempts} times for a reason that the log tells. Drop it again when that is mended.`,
  'file.older': ({ file, newer }) =>
    `${file} is older than ${newer}, which was applied already. A snapshot never goes back. Send a newer one.`,
  'file.source_retired': ({ source }) =>
    `The source ${source} was retired, so nothing is taken from it any more. Drop the file into the folder of another feed.`,
  'set.manifest': ({ why }) =>
    `The manifest of the set cannot be read: ${why} Write manifest.json as {"files": ["users.csv", …]}.`,
  'set.incomplete': ({ file, why }) => `The set is not whole: ${file} ${why} Drop all of it again.`,
  'header.unreadable': ({ line }) =>
    `Line ${line} is neither a known header nor a row of the portal's format, with comma, semicolon or tab between the cells. Begin with a header such as group,role,username,isgroup.`,
  'header.duplicate': ({ columns }) => `The header names a column twice: ${listed(columns)}. Name each once.`,
  'header.missing': ({ columns }) => `The header lacks ${listed(columns)}. Add what is missing.`,
  'header.unknown': ({ columns, missing }) =>
    `The header names unknown columns: ${listed(columns)}. Take them out or rename them.` +
    (missing.length === 0 ? '' : ` It lacks ${listed(missing)}.`),
};

const rowSentences: Sentences<RowFaultDetails> = {
  'row.too_few_cells': ({ cells, expected }) =>
    `The row has ${cells} cells instead of ${expected}. Add what is missing; a cell may be empty.`,
  'row.too_many_cells': ({ cells, expected }) =>
    `The row has ${cells} cells instead of ${expected}. A cell that holds the delimiter stands in quotes.`,
  'row.quote': ({ cell }) =>
    `Cell ${cell} has text after its closing quote. A quote that belongs to a cell is written twice.`,
  'row.control_character': ({ cell, character }) =>
    `Cell ${cell} holds the control character U+${character.toString(16).toUpperCase().padStart(4, '0')}. Take it out.`,
  'row.undecodable': ({ cell }) =>
    `Cell ${cell} holds a byte that has no meaning in the encoding of the file. Save the file as UTF-8.`,
  'action.invalid': ({ value }) =>
    `The action "${shown(value)}" is neither import nor delete. Write one of these, or nothing.`,
  'isgroup.invalid': ({ value }) =>
    `isgroup is "${shown(value)}"; it must be true, false, yes, no, 1, 0 or empty.`,
  'group.invalid': ({ why }) => `The group's name ${why}. Correct the name.`,
  'member.invalid': ({ why }) => `The nested group's name ${why}. Correct the name.`,
  'member.star': ({ action }) =>
    `The member * stands for everybody; it goes with delete, not with ${action}. Write who is meant.`,
  'identity.invalid': ({ cell, why }) =>
    `The identity "${shown(cell)}" cannot be read: ${why} Write a userName, or up to three parts with | between.`,
  'role.invalid': ({ role, why }) =>
    `The role "${shown(role)}" cannot be given: its name ${why}. Correct the name.`,
  'person.invalid': ({ column, why }) => `The person cannot be read: ${column} ${why}. Correct that cell.`,
  'attribute.invalid': ({ column, why }) =>
    `The value of ${column} cannot be kept: ${why} Correct that cell, or leave it empty.`,
  'active.invalid': ({ value }) =>
    `active is "${shown(value)}"; it must be true, false, yes, no, 1, 0 or empty.`,
  'flag.invalid': ({ column, value }) =>
    `${column} is "${shown(value)}"; it must be true, false, yes, no, 1, 0 or empty.`,
  'type.invalid': ({ value }) =>
    `The type "${shown(value)}" is neither user nor group. Write one of these, or nothing.`,
  'status.invalid': ({ value }) =>
    `The status "${shown(value)}" is no word of this feed. Correct it, or declare it in the settings of the feed (importWords, deleteWords).`,
};

/** Every code that a file can be rejected with. */
export const FILE_FAULT_CODES: readonly string[] = Object.keys(fileSentences);
/** Every code that reading can refuse a row with; the directory's refusals come besides. */
export const ROW_FAULT_CODES: readonly string[] = Object.keys(rowSentences);

/** Why a whole file is rejected. Thrown by the reading rules; the run that reads the file catches it. */
export class FileFault<Code extends FileFaultCode = FileFaultCode> extends Error {
  readonly code: Code;
  readonly details: FileFaultDetails[Code];

  constructor(code: Code, details: FileFaultDetails[Code]) {
    super(fileSentences[code](details));
    this.name = 'FileFault';
    this.code = code;
    this.details = details;
  }
}

/** Tells the fault of a file from any other error. */
export function isFileFault(error: unknown): error is FileFault {
  return error instanceof FileFault;
}

/** Makes the fault of a row. */
export function rowFault<Code extends RowFaultCode>(code: Code, details: RowFaultDetails[Code]): RowFault {
  return { code, detail: rowSentences[code](details) };
}
