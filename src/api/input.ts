/** Reading what callers send: bodies by schema, ids, page parameters. */
import type { z } from 'zod';
import { type GroupId, parseGroupId, parseUserId, type UserId } from '../core/ids.ts';
import { type Moment, readMoment } from '../core/moment.ts';
import { Refusal } from '../core/refusal.ts';
import { faultInWords, faultsOf } from '../core/schema-faults.ts';
import { readSigned, sign } from '../core/seal.ts';
import { HttpProblem } from '../http/problem.ts';
import type { Connection } from '../store/database.ts';
import { readKeptHistory } from '../store/effective/as-of.ts';
import type { Page } from '../store/effective/membership.ts';

const LIMIT = 100;
const MAX_LIMIT = 1_000;

/** Reads a body by its schema. Refuses (400) naming every place that does not fit. */
export function readBody<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const read = schema.safeParse(body, { error: faultInWords });
  if (read.success) return read.data;
  throw new HttpProblem('request.invalid', `${faultsOf(read.error, 'The body').join('; ')}.`);
}

/** A group's id in a path. Refuses `group.not_found` for what is no id. */
export function groupIdIn(params: Readonly<Record<string, string>>, name = 'id'): GroupId {
  const text = params[name] ?? '';
  const id = parseGroupId(text);
  if (id === null) throw new Refusal('group.not_found', { group: text });
  return id;
}

/** A user's id in a path. Refuses `user.not_found` for what is no id. */
export function userIdIn(params: Readonly<Record<string, string>>, name = 'id'): UserId {
  const text = params[name] ?? '';
  const id = parseUserId(text);
  if (id === null) throw new Refusal('user.not_found', { user: text });
  return id;
}

/** `limit`: 100 when left out, at most 1,000. */
export function readLimit(query: URLSearchParams): number {
  return readWhole(query, 'limit', { least: 1, most: MAX_LIMIT }) ?? LIMIT;
}

/** A whole number of the query; null when left out. Refuses (400) what is none or out of bounds. */
export function readWhole(
  query: URLSearchParams,
  name: string,
  { least, most }: { readonly least: number; readonly most: number },
): number | null {
  const text = query.get(name);
  if (text === null) return null;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  throw new HttpProblem('request.invalid', `${name} must be a whole number from ${least} to ${most}.`);
}

/** `true` or `false`; false when left out. */
export function readClaim(query: URLSearchParams, name: string): boolean {
  const text = query.get(name);
  if (text === null || text === 'false') return false;
  if (text === 'true' || text === '') return true;
  throw new HttpProblem('request.invalid', `${name} must be true or false.`);
}

/** A past moment of the query; null when left out. Refuses `history.unknown` as readMoment. */
export async function momentIn(
  connection: Connection,
  { query, historyDays }: { readonly query: URLSearchParams; readonly historyDays: number },
  name: string,
): Promise<Moment | null> {
  const text = query.get(name) ?? '';
  return text === '' ? null : readMoment(text, await readKeptHistory(connection, historyDays));
}

/** Cursors of lists: the number of the last row, bound to the list that it is of. */
export interface ListPaging {
  readonly page: Page;
  /** Cursor of the page after one of so many rows that ends with that number; null behind the last. */
  next(rows: number, last: number | undefined): string | null;
}

/** `cursor` and `limit` of a list. Refuses `cursor.unreadable` for a cursor of another list. */
export function readPaging(key: Buffer, query: URLSearchParams, list: string): ListPaging {
  const limit = readLimit(query);
  const text = query.get('cursor');
  const after = text === null ? 0 : readListCursor(key, list, text);
  return {
    page: { after, limit },
    next: (rows, last) =>
      rows < limit || last === undefined ? null : sign(key, Buffer.from(JSON.stringify([list, last]))),
  };
}

function readListCursor(key: Buffer, list: string, text: string): number {
  const bytes = readSigned(key, text);
  const [of, after] = bytes === null ? [] : (JSON.parse(bytes.toString()) as [string, number]);
  if (of !== list || after === undefined) {
    throw new Refusal('cursor.unreadable', { why: 'it is not one of this list.' });
  }
  return after;
}
