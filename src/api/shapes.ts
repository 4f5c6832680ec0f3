/** Shapes that many routes share, for the reference and for what callers send. */
import { z } from 'zod';

export const id = z.uuid();
export const time = z.iso.datetime();
export const cursor = z.string();
export const json = z.custom<unknown>(() => true);
export const kindOfMember = z.enum(['user', 'group']);

/** A group by id and name. */
export const groupName = z.object({ id, name: z.string() }).meta({ id: 'GroupName' });

export const memberId = z.object({ type: kindOfMember, id }).meta({ id: 'MemberId' });

/** Who did something. */
export const actor = z.object({ kind: z.string(), id: z.string() }).meta({ id: 'Actor' });

/** Where a fact came from: a file with its hash and, on a membership, its line; anything else by an id. */
export const origin = z
  .object({
    kind: z.string(),
    id: z.string().optional(),
    name: z.string().optional(),
    sha256: z.string().nullable().optional(),
    line: z.int().nullable().optional(),
  })
  .meta({ id: 'Origin' });

/** A page of a list. */
export function pageOf(item: z.ZodType): z.ZodType {
  return z.object({ items: z.array(item), next: cursor.nullable() });
}

export const paging = {
  cursor: cursor.describe('Where the page before said to go on: its next.'),
  limit: z.int().min(1).max(1_000).default(100).describe('Most entries of the page.'),
};

/** `true` or `false`; false when left out. */
export function claim(description: string): z.ZodType {
  return z.boolean().default(false).describe(description);
}

export const problem = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    requestId: z.string(),
  })
  .meta({ id: 'Problem' });

/** Media types of a merge patch (RFC 7396). */
export const MERGE_PATCH = ['application/merge-patch+json', 'application/json'];
