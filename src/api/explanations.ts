/** Why is this user in that group, or why not (D-20 to D-22)? */
import { z } from 'zod';
import { explain, explainAt, type ExplainedWay, type Explanation } from '../effective/explain.ts';
import type { Assertion } from '../effective/explanation/sub-graph.ts';
import { answers } from '../http/operation.ts';
import { groupIdIn, momentIn, userIdIn } from './input.ts';
import type { ApiParts } from './parts.ts';
import type { Route } from './route.ts';
import { actor, groupName, id, memberId, origin, time } from './shapes.ts';

const sources = z.array(
  z.object({ source: z.string(), since: time, actor: actor.nullable(), origin: origin.nullable() }),
);
const way: z.ZodType = z
  .union([
    z.object({ kind: z.literal('direct'), sources, rule: z.string().optional() }),
    z.object({ kind: z.literal('nested'), group: groupName, sources, via: z.array(z.lazy(() => way)) }),
  ])
  .meta({ id: 'Way' });
const explanationShape = z
  .object({
    user: id,
    group: id,
    member: z.boolean(),
    at: z.string().nullable(),
    tree: z.object({ group: groupName, via: z.array(way) }).nullable(),
    paths: z.object({ shown: z.int(), total: z.int() }),
    endedBy: z.array(
      z.object({
        remove: z.object({ group: id, member: memberId }),
        automatic: z
          .literal(true)
          .optional()
          .describe('Members of that group follow from facts, which have to change.'),
      }),
    ),
    whyNot: z
      .array(
        z.object({
          reason: z.string(),
          nearest: z.array(z.object({ group: id })),
          terms: z.array(z.string()).optional(),
        }),
      )
      .nullable(),
  })
  .meta({ id: 'Explanation' });

export function explanationRoutes({ directory, historyDays }: ApiParts): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/groups/:id/members/:userId/explanation',
      scope: 'directory.read',
      summary: 'Why a user is in a group, or why not, and what would end it',
      query: { at: time.describe('A past moment.') },
      answers: { 200: answers(explanationShape) },
      handle: async ({ params, query }) => {
        const [user, group] = [userIdIn(params, 'userId'), groupIdIn(params)];
        const explanation = await directory.database.transaction(
          async (tx) => {
            const at = await momentIn(tx, { query, historyDays }, 'at');
            return at === null ? explain(tx, user, group) : explainAt(tx, { user, group, at });
          },
          { isolation: 'repeatable read', readOnly: true },
        );
        return { status: 200, body: explanationBody(explanation) };
      },
    },
  ];
}

/** The body that this door and the command line give an explanation. */
export function explanationBody(explanation: Explanation): object {
  const { user, group, at, isMember, via, paths, endedBy, whyNot } = explanation;
  return {
    user,
    group: group.id,
    member: isMember,
    at,
    tree: isMember ? { group, via: via.map(wayBody) } : null,
    paths,
    endedBy: endedBy.map(({ group: from, member, isAutomatic }) => ({
      remove: { group: from.id, member: { type: member.type, id: member.id } },
      ...(isAutomatic ? { automatic: true } : {}),
    })),
    whyNot: isMember
      ? null
      : whyNot.map(({ nearest, ...reason }) => ({
          ...reason,
          nearest: nearest.map(({ id: near }) => ({ group: near })),
        })),
  };
}

function wayBody(way: ExplainedWay): object {
  const sources = way.sources.map(sourceBody);
  if (way.kind === 'direct')
    return { kind: 'direct', sources, ...(way.rule === null ? {} : { rule: way.rule }) };
  return { kind: 'nested', group: way.group, sources, via: way.via.map(wayBody) };
}

function sourceBody({ source, since, actor, origin }: Assertion): object {
  return { source, since: since.toISOString(), actor, origin: origin === null ? null : originBody(origin) };
}

function originBody({ kind, name, sha256, line }: NonNullable<Assertion['origin']>): object {
  return kind === 'file' ? { kind, name, sha256, line } : { kind, id: name };
}
