/** Why is this user in that group, or why not (D-20 to D-22)? */
import { explain, type ExplainedWay, type Explanation } from '../effective/explain.ts';
import type { Assertion } from '../effective/explanation/sub-graph.ts';
import { HttpProblem } from '../http/problem.ts';
import { groupIdIn, userIdIn } from './input.ts';
import type { ApiParts } from './parts.ts';
import type { Route } from './route.ts';

export function explanationRoutes({ directory }: ApiParts): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/groups/:id/members/:userId/explanation',
      scope: 'directory.read',
      summary: 'Why a user is in a group, or why not, and what would end it',
      handle: async ({ params, query }) => {
        // An answer about today must not pass for one about another day.
        if ((query.get('at') ?? '') !== '') {
          throw new HttpProblem('request.invalid', 'Past moments cannot be explained yet; leave at out.');
        }
        const explanation = await directory.database.transaction(
          (tx) => explain(tx, userIdIn(params, 'userId'), groupIdIn(params)),
          { isolation: 'repeatable read', readOnly: true },
        );
        return { status: 200, body: explanationBody(explanation) };
      },
    },
  ];
}

/** The body that this door and the command line give an explanation. */
export function explanationBody(explanation: Explanation): object {
  const { user, group, isMember, via, paths, endedBy, whyNot } = explanation;
  return {
    user,
    group: group.id,
    member: isMember,
    at: null,
    tree: isMember ? { group, via: via.map(wayBody) } : null,
    paths,
    endedBy: endedBy.map(({ group: from, member }) => ({
      remove: { group: from.id, member: { type: member.type, id: member.id } },
    })),
    whyNot: isMember
      ? null
      : whyNot.map(({ reason, nearest }) => ({ reason, nearest: nearest.map(({ id }) => ({ group: id })) })),
  };
}

function wayBody(way: ExplainedWay): object {
  const sources = way.sources.map(sourceBody);
  if (way.kind === 'direct') return { kind: 'direct', sources };
  return { kind: 'nested', group: way.group, sources, via: way.via.map(wayBody) };
}

function sourceBody({ source, since, actor, origin }: Assertion): object {
  return { source, since: since.toISOString(), actor, origin: origin === null ? null : originBody(origin) };
}

function originBody({ kind, name, sha256, line }: NonNullable<Assertion['origin']>): object {
  return kind === 'file' ? { kind, name, sha256, line } : { kind, id: name };
}
