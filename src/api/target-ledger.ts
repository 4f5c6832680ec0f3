/** What a target holds, and where it drifted: the ledger over HTTP. */
import {
  askForObservation,
  MEMBER_STATES,
  type MemberState,
  type PageOf,
  showDrift,
  showLedgerMembers,
  showObjects,
} from '../targets/admin/ledger.ts';
import { showSent } from '../targets/admin/sent.ts';
import type { Targets } from '../targets/admin/verbs.ts';
import { z } from 'zod';
import { isUuid } from '../core/ids.ts';
import { answers, answersNothing, takes } from '../http/operation.ts';
import type { Cursors } from '../core/cursor.ts';
import { replay, rotateSigningKey } from '../targets/admin/webhooks.ts';
import { HttpProblem } from '../http/problem.ts';
import { LISTED_STATES } from '../store/targets/listing.ts';
import { readBody, readPaging } from './input.ts';
import type { Call, Route } from './route.ts';
import { id, kindOfMember, pageOf, paging } from './shapes.ts';
import {
  driftAskedShape,
  driftShape,
  ledgerMemberShape,
  ledgerObjectShape,
  madeTargetShape,
  memberState,
  sentShape,
} from './target-shapes.ts';

/** Before anything was ever sent. */
const EVER = '1970-01-01T00:00:00Z';
const time = z.iso.datetime({ offset: true });

const replayBody = z.strictObject({ after: z.string().default('oldest') });
const rotateBody = z.strictObject({ step: z.enum(['begin', 'end']).default('begin') });

export interface LedgerParts {
  readonly targets: Targets;
  readonly cursors: Cursors;
  /** Key that signs the cursors of lists. */
  readonly listKey: Buffer;
}

export function targetLedgerRoutes({ targets, cursors, listKey }: LedgerParts): readonly Route[] {
  const scope = 'targets.write';
  const paged = async <View extends { readonly next: number | null }>(
    call: Call,
    list: string,
    show: (page: PageOf) => Promise<View>,
  ): Promise<{ status: number; body: object }> => {
    const read = readPaging(listKey, call.query, `${list}/${call.params.id ?? ''}`);
    const view = await show(read.page);
    const cursor = view.next === null ? null : read.next(read.page.limit, view.next);
    return { status: 200, body: { ...view, next: cursor } };
  };
  return [
    {
      method: 'GET',
      path: '/targets/:id/objects',
      scope,
      summary:
        'Users and groups of a target: what is desired, held, waiting and refused, and the last attempt',
      query: { ...paging, state: z.enum(LISTED_STATES), type: kindOfMember, id },
      answers: { 200: answers(pageOf(ledgerObjectShape)) },
      handle: (call) =>
        paged(call, 'objects', (page) => showObjects(targets, idOf(call), { ...readFilter(call), ...page })),
    },
    {
      method: 'GET',
      path: '/targets/:id/objects/:group/members',
      scope,
      summary: 'Members of a group at a target that are in one state',
      query: { ...paging, state: memberState.default('applied') },
      answers: { 200: answers(pageOf(ledgerMemberShape)) },
      handle: (call) => {
        const group = call.params.group ?? '';
        const state =
          oneOf<MemberState>(call, 'state', Object.keys(MEMBER_STATES) as MemberState[]) ?? 'applied';
        const list = `members/${group}/${state}`;
        return paged(call, list, (page) => showLedgerMembers(targets, idOf(call), { group, state, ...page }));
      },
    },
    {
      method: 'GET',
      path: '/targets/:id/attempts',
      scope,
      summary: 'What was sent to a target in the last 30 days, newest first, and what came of it',
      query: { ...paging, since: time },
      answers: { 200: answers(pageOf(sentShape)) },
      handle: (call) => {
        const since = readSince(call);
        return paged(call, 'attempts', (page) => showSent(targets, idOf(call), { ...page, since }));
      },
    },
    {
      method: 'GET',
      path: '/targets/:id/drift',
      scope,
      summary: 'What the last full look at a target found otherwise than Muster left it',
      query: paging,
      answers: { 200: answers(driftShape) },
      handle: (call) => paged(call, 'drift', (page) => showDrift(targets, idOf(call), page)),
    },
    {
      method: 'POST',
      path: '/targets/:id/drift',
      scope,
      summary: 'Has a target looked at whole; GET tells when it is done',
      answers: { 202: answers(driftAskedShape, 'Location') },
      handle: async (call) => {
        await askForObservation(targets, idOf(call));
        return {
          status: 202,
          headers: { Location: `/api/v1/targets/${idOf(call)}/drift` },
          body: await showDrift(targets, idOf(call), { after: 0, limit: 1 }).then(
            ({ observedAt, askedAt }) => ({
              observedAt,
              askedAt,
            }),
          ),
        };
      },
    },
    {
      method: 'POST',
      path: '/targets/:id/replay',
      scope,
      summary: 'Has a webhook send everything behind a cursor again, or all that the log still has',
      body: { ...takes(replayBody), isRequired: false },
      answers: { 202: answersNothing() },
      handle: async (call) => {
        const { after } = readBody(replayBody, await call.jsonIfAny());
        const place = after === 'oldest' ? after : cursors.open(after);
        await replay(targets, idOf(call), { after: place, by: call.by });
        return { status: 202, body: null };
      },
    },
    {
      method: 'POST',
      path: '/targets/:id/rotate',
      scope,
      summary: 'Gives a webhook a new signing key, shown once; the ones before sign besides until `end`',
      body: { ...takes(rotateBody), isRequired: false },
      answers: { 200: answers(madeTargetShape) },
      handle: async (call) => {
        const { step } = readBody(rotateBody, await call.jsonIfAny());
        const { target, once } = await rotateSigningKey(targets, idOf(call), { step, by: call.by });
        return { status: 200, body: { ...target, ...once } };
      },
    },
  ];
}

/** `since`: a time; everything that is kept when left out. */
function readSince({ query }: Call): Date {
  const read = time.safeParse(query.get('since') ?? EVER);
  if (!read.success)
    throw new HttpProblem('request.invalid', 'since must be a time such as 2026-01-31T12:00:00Z.');
  return new Date(read.data);
}

function readFilter(call: Call): Omit<Parameters<typeof showObjects>[2], keyof PageOf> {
  const wanted = call.query.get('id');
  if (wanted !== null && !isUuid(wanted)) throw new HttpProblem('request.invalid', 'id must be a uuid.');
  return {
    state: oneOf(call, 'state', LISTED_STATES),
    type: oneOf(call, 'type', ['user', 'group'] as const),
    id: wanted,
  };
}

/** A parameter that is one of some words; null when left out. */
function oneOf<Word extends string>({ query }: Call, name: string, words: readonly Word[]): Word | null {
  const text = query.get(name);
  if (text === null) return null;
  const word = words.find((known) => known === text);
  if (word !== undefined) return word;
  throw new HttpProblem('request.invalid', `${name} must be one of ${words.join(', ')}.`);
}

function idOf({ params }: Call): string {
  return params.id ?? '';
}
