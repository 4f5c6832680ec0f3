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
    `The file is larger than ${limit.toLocaleString('en')} bytes. Drop it into the watched folder instead.`,
  'file.unreadable': ({ why }) => `The file cannot be read: ${why}.`,
  'file.nothing_accepted': ({ rows }) =>
    `All ${rows} rows of the file were refused. Correct them in the rejects beside the receipt and drop those.`,
  'file.gone': ({ file }) => `${file} was taken away while it was worked on. Drop it again.`,
  'file.given_up': ({ attempts }) =>
    `Reading it failed ${attempts} times for a reason that the log tells. Drop it again when that is mended.`,
  'file.older': ({ file, newer }) =>
    `${file} is older than ${newer}, which was applied already. A snapshot never goes back. Send a newer one.`,
  'file.source_retired': ({ source }) =>
    `The source ${source} was retired, so nothing is taken from it any more. Drop the file into the folder of another feed.`,
  'set.manifest': ({ why }) => `The manifest of the set cannot be read: ${why}`,
  'set.incomplete': ({ file, why }) => `The set is not whole: ${file} ${why}`,
  'header.unreadable': ({ line }) =>
    `Line ${line} is neither a known header nor a row of the portal's format, with comma, semicolon or tab between the cells.`,
  'header.duplicate': ({ columns }) =>
    `The header names a column twice: ${columns.join(', ')}. Name each once.`,
  'header.missing': ({ columns }) => `The header lacks ${columns.join(', ')}. Add what is missing.`,
  'header.unknown': ({ columns, missing }) =>
    `The header names unknown columns: ${columns.join(', ')}. Take them out or rename them.` +
    (missing.length === 0 ? '' : ` It lacks ${missing.join(', ')}.`),
};

const rowSentences: Sentences<RowFaultDetails> = {
  'row.too_few_cells': ({ cells, expected }) =>
    `The row has ${cells} cells instead of ${expected}. A cell that holds the delimiter stands in quotes.`,
  'row.too_many_cells': ({ cells, expected }) =>
    `The row has ${cells} cells instead of ${expected}. A cell that holds the delimiter stands in quotes.`,
  'row.quote': ({ cell }) =>
    `Cell ${cell} has text after its closing quote. A quote that belongs to a cell is written twice.`,
  'row.control_character': ({ cell, character }) =>
    `Cell ${cell} holds the control character U+${character.toString(16).toUpperCase().padStart(4, '0')}. Take it out.`,
  'row.undecodable': ({ cell }) =>
    `Cell ${cell} holds a byte that has no meaning in the encoding of the file. Save the file as UTF-8.`,
  'action.invalid': ({ value }) => `The action "${value}" is neither import nor delete.`,
  'isgroup.invalid': ({ value }) => `isgroup is "${value}"; it must be true, false, yes, no, 1, 0 or empty.`,
  'group.invalid': ({ why }) => `The group's name ${why}.`,
  'member.invalid': ({ why }) => `The nested group's name ${why}.`,
  'member.star': ({ action }) =>
    `The member * stands for everybody; it goes with delete, not with ${action}.`,
  'identity.invalid': ({ cell, why }) => `The identity "${cell}" cannot be read: ${why}`,
  'role.invalid': ({ role, why }) => `The role "${role}" cannot be given: its name ${why}.`,
  'person.invalid': ({ column, why }) => `The person cannot be read: ${column} ${why}.`,
  'attribute.invalid': ({ column, why }) => `The value of ${column} cannot be kept: ${why}`,
  'active.invalid': ({ value }) => `active is "${value}"; it must be true, false, yes, no, 1, 0 or empty.`,
  'flag.invalid': ({ column, value }) =>
    `${column} is "${value}"; it must be true, false, yes, no, 1, 0 or empty.`,
  'type.invalid': ({ value }) => `The type "${value}" is neither user nor group.`,
  'status.invalid': ({ value }) =>
    `The status "${value}" is no word of this feed. Declare it in the settings of the feed.`,
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
