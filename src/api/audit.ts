/** The log as the audit (D-40): searched, exported whole, and checked against its seals. */
import { Readable } from 'node:stream';
import { z } from 'zod';
import { auditFaultSentence } from '../core/audit-seal.ts';
import { readSigned, sign } from '../core/seal.ts';
import { Refusal } from '../core/refusal.ts';
import { type AuditVerification, verifyAudit } from '../directory/audit/verification.ts';
import { answers } from '../http/operation.ts';
import { HttpProblem } from '../http/problem.ts';
import { type AuditFilter, type Before, searchAudit } from '../store/audit/search.ts';
import { listSeals, type SealRow } from '../store/audit/seals.ts';
import { findGroupRef, findUserRef } from '../store/effective/refs.ts';
import { changeBodies, type ChangeBody, changeShape } from './change-body.ts';
import { groupIdIn, readClaim, readLimit, readPaging, userIdIn } from './input.ts';
import type { ApiParts } from './parts.ts';
import type { Answer, Call, Route } from './route.ts';
import { claim, id, paging, pageOf, time } from './shapes.ts';

const NDJSON = 'application/x-ndjson';
const EXPORTED_AT_ONCE = 1_000;

const filters = {
  type: z.string().describe('Types of entries, by comma or repeated; group.* for a family.'),
  group: id.describe('Only entries of this group.'),
  user: id.describe('Only entries of this user, and memberships that the user gained or lost directly.'),
  actor: z.string().describe('Who did it: a kind such as client, or a kind and an id as client:okta.'),
  source: z.string().describe('Only entries of this source.'),
  requestId: z.string().describe('Only entries of this request.'),
  since: time.describe('Not before this moment.'),
  until: time.describe('Before this moment.'),
  derived: claim('Effective joins and leaves and entitlements besides, which follow from the other entries.'),
};

const sealShape = z
  .object({
    n: z.int(),
    sealedAt: time,
    fromSeq: z.int(),
    toSeq: z.int(),
    rows: z.int(),
    hash: z.string(),
  })
  .meta({ id: 'AuditSeal' });

const verificationShape = z
  .object({
    intact: z.boolean(),
    fault: z
      .object({ kind: z.string(), seal: z.int(), row: z.int().optional(), detail: z.string() })
      .nullable(),
    seals: z.int(),
    rows: z.int(),
    pastKeeping: z.int(),
    head: z.object({ n: z.int(), hash: z.string(), sealedAt: time }).nullable(),
  })
  .meta({ id: 'AuditVerification' });

export function auditRoutes(parts: ApiParts, sealKey: Buffer): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/audit',
      scope: 'audit.read',
      summary: 'The audit, the newest entry first; as NDJSON all of it that fits, without pages',
      query: { ...paging, ...filters },
      answers: {
        200: { content: { 'application/json': pageOf(changeShape), [NDJSON]: changeShape }, headers: [] },
      },
      handle: (call) => getAudit(parts, call),
    },
    {
      method: 'GET',
      path: '/audit/seals',
      scope: 'audit.read',
      summary: 'Seals of the audit, the newest first: note one elsewhere to compare with later',
      query: paging,
      answers: { 200: answers(pageOf(sealShape)) },
      handle: (call) => getSeals(parts, call),
    },
    {
      method: 'POST',
      path: '/audit/verify',
      scope: 'audit.read',
      isReading: true,
      summary: 'Checks every sealed entry, and names the first batch and row that was touched',
      answers: { 200: answers(verificationShape) },
      handle: async () => ({
        status: 200,
        body: verificationBody(await verifyAudit(parts.directory.database, sealKey)),
      }),
    },
  ];
}

async function getAudit(parts: ApiParts, call: Call): Promise<Answer> {
  const { database } = parts.directory;
  const { filter, text } = await readFilter(parts, call.query);
  if ((call.header('Accept') ?? '').includes(NDJSON)) {
    return {
      status: 200,
      headers: { 'Content-Type': NDJSON },
      body: Readable.from(linesOf(auditEntries(parts, filter))),
    };
  }
  const limit = readLimit(call.query);
  const before = readBefore(parts.listKey, call.query.get('cursor'), text);
  const rows = await searchAudit(database, filter, { before, limit });
  const last = rows.at(-1);
  const next =
    rows.length < limit || last === undefined
      ? null
      : sign(parts.listKey, Buffer.from(JSON.stringify([text, last.xid, last.seq])));
  return { status: 200, body: { items: await changeBodies(database, parts.cursors, rows), next } };
}

/** All entries that fit, the newest first, read page by page. */
export async function* auditEntries(
  { directory: { database }, cursors }: Pick<ApiParts, 'directory' | 'cursors'>,
  filter: AuditFilter,
): AsyncGenerator<ChangeBody> {
  let before: Before = null;
  for (;;) {
    const rows = await searchAudit(database, filter, { before, limit: EXPORTED_AT_ONCE });
    yield* await changeBodies(database, cursors, rows);
    const last = rows.at(-1);
    if (last === undefined || rows.length < EXPORTED_AT_ONCE) return;
    before = { xid: last.xid, seq: last.seq };
  }
}

async function* linesOf(entries: AsyncIterable<ChangeBody>): AsyncGenerator<string> {
  for await (const entry of entries) yield `${JSON.stringify(entry)}\n`;
}

async function readFilter(
  { directory: { database } }: ApiParts,
  query: URLSearchParams,
): Promise<{ readonly filter: AuditFilter; readonly text: string }> {
  const group = query.get('group');
  const user = query.get('user');
  const types = query.getAll('type').flatMap((text) => text.split(','));
  const [actorKind = null, ...actorId] = query.get('actor')?.split(':') ?? [];
  const groupRef = group === null ? null : await findGroupRef(database, groupIdIn({ id: group }));
  if (group !== null && groupRef === null) throw new Refusal('group.not_found', { group });
  const userRef = user === null ? null : await findUserRef(database, userIdIn({ id: user }));
  if (user !== null && userRef === null) throw new Refusal('user.not_found', { user });
  const filter: AuditFilter = {
    types: types.length === 0 ? null : types,
    group: groupRef?.n ?? null,
    user: userRef?.n ?? null,
    actorKind,
    actorId: actorId.length === 0 ? null : actorId.join(':'),
    source: query.get('source'),
    requestId: query.get('requestId'),
    since: readTime(query, 'since'),
    until: readTime(query, 'until'),
    derived: readClaim(query, 'derived') ? 'with' : 'without',
  };
  return { filter, text: `audit ${JSON.stringify(filter)}` };
}

function readTime(query: URLSearchParams, name: string): Date | null {
  const text = query.get(name);
  if (text === null) return null;
  const moment = /^\d{4}-\d{2}-\d{2}/.test(text) ? new Date(text) : null;
  if (moment !== null && !Number.isNaN(moment.getTime())) return moment;
  throw new HttpProblem('request.invalid', `${name} must be a time such as 2026-03-01T12:00:00Z.`);
}

function readBefore(key: Buffer, cursor: string | null, list: string): Before {
  if (cursor === null) return null;
  const bytes = readSigned(key, cursor);
  const [of, xid, seq] = bytes === null ? [] : (JSON.parse(bytes.toString()) as [string, string, number]);
  if (of !== list || xid === undefined || seq === undefined) {
    throw new Refusal('cursor.unreadable', { why: 'it is not one of this list.' });
  }
  return { xid, seq };
}

async function getSeals(parts: ApiParts, { query }: Call): Promise<Answer> {
  const paged = readPaging(parts.listKey, query, 'audit seals');
  const { after, limit } = paged.page;
  const seals = await listSeals(parts.directory.database, { before: after === 0 ? null : after, limit });
  return {
    status: 200,
    body: { items: seals.map(sealBody), next: paged.next(seals.length, seals.at(-1)?.n) },
  };
}

function sealBody({ n, sealed_at, from_seq, to_seq, rows, hash }: SealRow): object {
  return {
    ...{ n, sealedAt: sealed_at.toISOString(), fromSeq: from_seq, toSeq: to_seq, rows },
    hash: hash.toString('hex'),
  };
}

/** What a check found, as it is shown. */
export function verificationBody({ fault, head, ...counts }: AuditVerification): object {
  return {
    intact: fault === null,
    fault: fault === null ? null : { ...fault, detail: auditFaultSentence(fault) },
    ...counts,
    head: head === null ? null : { ...head, sealedAt: head.sealedAt.toISOString() },
  };
}
