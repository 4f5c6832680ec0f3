import { describe, expect, it } from '@jest/globals';
import {
  FileFault,
  type FileFaultCode,
  type FileFaultDetails,
  rowFault,
  type RowFaultCode,
  type RowFaultDetails,
} from '../../src/core/feeds/fault.ts';
import { Refusal, type RefusalCode, type RefusalDetails } from '../../src/core/refusal.ts';

/** Begins a sentence of advice, or states what the cell must be. */
const ADVICE =
  /(?:^|[.:;] )(?:Add|Ask|Begin|Change|Choose|Close|Correct|Cut|Decide|Drop|Leave|Look|Make|Mend|Name|Open|Put|Save|Send|Take|Write|make|look) |must be true|is written twice|stands in quotes/;

const why = 'it is so';
const ofFiles: FileFaultDetails = {
  'file.spreadsheet': { kind: 'a zip file' },
  'file.encoding': { line: 3, byte: 0xe9, encoding: 'UTF-8' },
  'file.encoding_unsupported': { encoding: 'UTF-32' },
  'file.encoding_broken': { encoding: 'UTF-16' },
  'file.quote_open': { line: 3 },
  'file.record_too_long': { line: 3, limit: 1_000_000 },
  'file.truncated': { line: 3 },
  'file.empty': { mode: 'snapshot' },
  'file.too_large': { limit: 10 },
  'file.unreadable': { why },
  'file.nothing_accepted': { rows: 3 },
  'file.gone': { file: 'a.csv' },
  'file.given_up': { attempts: 5 },
  'file.older': { file: 'a-1.csv', newer: 'a-2.csv' },
  'file.source_retired': { source: 'hr' },
  'set.manifest': { why: 'there is none.' },
  'set.incomplete': { file: 'a.csv', why: 'is not in it.' },
  'header.unreadable': { line: 1 },
  'header.duplicate': { columns: ['group'] },
  'header.missing': { columns: ['group'] },
  'header.unknown': { columns: ['grupo'], missing: [] },
};
const ofRows: RowFaultDetails = {
  'row.too_few_cells': { cells: 2, expected: '4' },
  'row.too_many_cells': { cells: 6, expected: '4' },
  'row.quote': { cell: 1 },
  'row.control_character': { cell: 1, character: 7 },
  'row.undecodable': { cell: 1 },
  'action.invalid': { value: 'remove' },
  'isgroup.invalid': { value: 'maybe' },
  'group.invalid': { why: 'must not be empty' },
  'member.invalid': { why: 'must not be empty' },
  'member.star': { action: 'import' },
  'identity.invalid': { cell: '||', why: 'all its parts are empty.' },
  'role.invalid': { role: 'x', why: 'must not be empty' },
  'person.invalid': { column: 'email', why: 'is no address' },
  'attribute.invalid': { column: 'title', why: 'it is too long.' },
  'active.invalid': { value: 'maybe' },
  'flag.invalid': { column: 'open', value: 'maybe' },
  'type.invalid': { value: 'person' },
  'status.invalid': { value: 'gone' },
};
/** What the directory, plans and imports refuse of a file, and of whoever looks after it. */
const ofTheDirectory = {
  'group.automatic': { group: 'g', kind: 'rule' },
  'group.name_reserved': { name: 'g', why },
  'group.reserved': { group: 'g', source: 's' },
  'group.protected': { group: 'g' },
  'group.restricted': { group: 'g' },
  'nesting.cycle': { path: ['a', 'b', 'a'] },
  'identity.conflict': { cell: 'a|b', why },
  'identity.ambiguous': { cell: 'a', matches: 2 },
  'role.protected': { role: 'r' },
  'source.not_found': { source: 's' },
  'plan.not_found': { plan: 'p' },
  'plan.stale': { plan: 'p', why: 'it would take more.', newPlan: 'q' },
  'plan.decided': { plan: 'p', state: 'applied' },
  'import.not_found': { import: 'i' },
  'import.no_file': { file: 'a.csv' },
  'conflict.not_found': { conflict: 'c' },
} satisfies Partial<RefusalDetails>;

const sentences: readonly (readonly [string, string])[] = [
  ...Object.entries(ofFiles).map(
    ([code, details]) => [code, new FileFault(code as FileFaultCode, details as never).message] as const,
  ),
  ...Object.entries(ofRows).map(
    ([code, details]) => [code, rowFault(code as RowFaultCode, details as never).detail] as const,
  ),
  ...Object.entries(ofTheDirectory).map(
    ([code, details]) => [code, new Refusal(code as RefusalCode, details as never).message] as const,
  ),
];

describe('a sentence about a file, for the person who made it', () => {
  it.each(sentences)('%s says what to do', (_, sentence) => {
    expect(sentence).toMatch(ADVICE);
    expect(sentence).toMatch(/^[A-Z{"“a-z][^]*[.)!]$/);
    expect(sentence).not.toMatch(/undefined|\[object|\.\.|\s{2}/);
  });
});
