/** What a reader of the feed asks for. */
import { z } from 'zod';
import type { CursorPlace } from '../core/cursor.ts';
import { parseGroupId } from '../core/ids.ts';
import { Refusal } from '../core/refusal.ts';
import { HttpProblem } from '../http/problem.ts';
import type { FeedFilter } from '../store/effective/feed-pages.ts';
import { findGroupRef } from '../store/effective/refs.ts';
import { readLimit, readWhole } from './input.ts';
import type { ApiParts } from './parts.ts';
import type { Call } from './route.ts';
import { id, paging } from './shapes.ts';

export interface ChangeQuery {
  readonly after: CursorPlace | 'oldest' | 'now';
  readonly limit: number;
  readonly waitMs: number;
  readonly filter: FeedFilter;
  /** What cursors are bound to. */
  readonly filterText: string;
}

const MAX_WAIT_SECONDS = 60;
export const changeParameters = {
  after: z.string().describe('The cursor to go on from, or now; the oldest entry kept when left out.'),
  limit: paging.limit,
  wait: z
    .int()
    .min(0)
    .max(MAX_WAIT_SECONDS)
    .default(0)
    .describe('Seconds to wait for something to happen where nothing has.'),
  type: z.string().describe('Types of entries, by comma or repeated; group.* for a family.'),
  atLeast: z.string().describe('A cursor; waits until the feed has come to it.'),
  group: id.describe('Only entries of this group.'),
};

/** A bookmark is told to every reader; one who asks for nothing else is told how far the log is. */
const TYPE = /^(?:(?:user|group|membership|entitlement|request|plan)\.(?:[a-z_]+|\*)|bookmark)$/;

/**
 * `after`, `limit`, `wait`, `type` (several by comma or repeated; `group.*` for a family), `group`. A stream that
 * is resumed says where in Last-Event-ID. Refuses cursors as Cursors.open, an unknown group, and what is no type.
 */
export async function readChangeQuery(parts: ApiParts, call: Call): Promise<ChangeQuery> {
  const { query } = call;
  const types = query
    .getAll('type')
    .flatMap((text) => text.split(','))
    .sort();
  const unknown = types.find((type) => !TYPE.test(type));
  if (unknown !== undefined) {
    throw new HttpProblem(
      'request.invalid',
      `${unknown} is no type of a change, such as group.* or user.created.`,
    );
  }
  const group = query.get('group');
  const filterText = types.length === 0 && group === null ? '' : `${types.join(',')} ${group ?? ''}`;
  const after = call.header('Last-Event-ID') ?? query.get('after');
  return {
    after: after === null ? 'oldest' : after === 'now' ? 'now' : parts.cursors.open(after, filterText),
    limit: readLimit(query),
    waitMs: (readWhole(query, 'wait', { least: 0, most: MAX_WAIT_SECONDS }) ?? 0) * 1_000,
    filter: {
      types: types.length === 0 ? null : types,
      group: group === null ? null : await groupNumber(parts, group),
    },
    filterText,
  };
}

async function groupNumber({ directory }: ApiParts, text: string): Promise<FeedFilter['group']> {
  const id = parseGroupId(text);
  const group = id === null ? null : await findGroupRef(directory.database, id);
  if (group === null) throw new Refusal('group.not_found', { group: text });
  return group.n;
}
