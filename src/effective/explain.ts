/** Explains an effective membership from the database (D-20 to D-22): why, why not, and what would end it. */
import type { GroupId, GroupN, UserId, UserN } from '../core/ids.ts';
import type { ActorName } from '../core/actor.ts';
import { Refusal } from '../core/refusal.ts';
import type { Connection } from '../store/database.ts';
import { findGroupRef, findUserRef } from '../store/effective/refs.ts';
import { groupRefs, nearestGroups, readSubGraph, type SubGraphRow } from '../store/effective/sub-graph.ts';
import { smallestCut } from './explanation/cut.ts';
import { shortestPaths } from './explanation/paths.ts';
import type { Assertion, Membership, SubGraph } from './explanation/sub-graph.ts';
import { waysOf, type Way } from './explanation/tree.ts';
import { reasonsAgainst, type WhyNot } from './explanation/why-not.ts';

export interface ExplainedGroup {
  readonly id: GroupId;
  readonly name: string;
}

export interface Explanation {
  readonly user: UserId;
  readonly group: ExplainedGroup;
  readonly isMember: boolean;
  /** Ways from the group down to direct memberships, merged from the paths shown; empty for no member. */
  readonly via: readonly ExplainedWay[];
  readonly paths: { readonly shown: number; readonly total: number };
  /** A smallest set of single removals that ends it. */
  readonly endedBy: readonly Removal[];
  /** Everything that stands in the way; empty for a member. */
  readonly whyNot: readonly {
    readonly reason: WhyNot['reason'];
    readonly nearest: readonly ExplainedGroup[];
  }[];
}

export type ExplainedWay =
  | { readonly kind: 'direct'; readonly sources: readonly Assertion[] }
  | {
      readonly kind: 'nested';
      readonly group: ExplainedGroup;
      readonly sources: readonly Assertion[];
      readonly via: readonly ExplainedWay[];
    };

export interface Removal {
  readonly group: ExplainedGroup;
  /** The user itself, or a nested group. */
  readonly member:
    { readonly type: 'user'; readonly id: UserId } | ({ readonly type: 'group' } & ExplainedGroup);
}

/** Paths that an explanation shows, of those there are. */
const PATHS_SHOWN = 20;
const NEAREST = { limit: 10, depth: 3 };

/** Explains whether and why a user is in a group. Refuses `user.not_found` and `group.not_found`. */
export async function explain(connection: Connection, user: UserId, group: GroupId): Promise<Explanation> {
  const [found, target] = [await findUserRef(connection, user), await findGroupRef(connection, group)];
  if (found === null) throw new Refusal('user.not_found', { user });
  if (target === null) throw new Refusal('group.not_found', { group });
  const subGraph = subGraphOf(await readSubGraph(connection, target.n, found.n), found.n, target.n);
  const { shown, total } = shortestPaths(subGraph, PATHS_SHOWN);
  const isMember = found.active && shown.length > 0;
  const ends = isMember ? smallestCut(subGraph) : [];
  const nearest = total > 0 ? [] : await nearestGroups(connection, target.n, NEAREST);
  const whyNot = isMember
    ? []
    : reasonsAgainst({
        isActive: found.active,
        isStub: found.stub,
        groupKind: target.kind,
        hasPath: total > 0,
        nearest: nearest.map(({ n }) => n),
      });
  const names = await groupRefs(connection, [
    target.n,
    ...nearest.map(({ n }) => n),
    ...[...shown.flat(), ...ends].flatMap((one) => [one.group, one.member as GroupN]),
  ]);
  const groupOf = (n: GroupN): ExplainedGroup => {
    const known = names.get(n);
    return { id: known?.id ?? group, name: known?.name ?? '' };
  };
  return {
    user,
    group: groupOf(target.n),
    isMember,
    via: isMember ? waysOf(shown).map((way) => explainedWay(way, groupOf)) : [],
    paths: { shown: isMember ? shown.length : 0, total: isMember ? total : 0 },
    endedBy: ends.map(({ group: from, member }) => ({
      group: groupOf(from),
      member:
        member === found.n ? { type: 'user', id: user } : { type: 'group', ...groupOf(member as GroupN) },
    })),
    whyNot: whyNot.map(({ reason, nearest: near }) => ({ reason, nearest: near.map(groupOf) })),
  };
}

function explainedWay(way: Way, groupOf: (n: GroupN) => ExplainedGroup): ExplainedWay {
  const sources = way.membership.assertions;
  if (way.kind === 'direct') return { kind: 'direct', sources };
  return {
    kind: 'nested',
    group: groupOf(way.membership.member as GroupN),
    sources,
    via: way.via.map((next) => explainedWay(next, groupOf)),
  };
}

/** Rows are ordered by membership, one to an assertion. */
function subGraphOf(rows: readonly SubGraphRow[], user: UserN, group: GroupN): SubGraph {
  const memberships = new Map<string, Membership & { readonly assertions: Assertion[] }>();
  for (const row of rows) {
    const key = `${row.group_n} ${row.member_n}`;
    const known = memberships.get(key);
    if (known === undefined) {
      memberships.set(key, { group: row.group_n, member: row.member_n, assertions: [assertionOf(row)] });
    } else known.assertions.push(assertionOf(row));
  }
  const all = [...memberships.values()];
  return {
    user,
    group,
    nestings: all.filter(({ member }) => member !== user),
    direct: all.filter(({ member }) => member === user),
  };
}

function assertionOf(row: SubGraphRow): Assertion {
  return {
    source: row.source,
    since: row.since,
    actor:
      row.actor_kind === null ? null : { kind: row.actor_kind as ActorName['kind'], id: row.actor_id ?? '' },
    origin:
      row.origin_kind === null
        ? null
        : { kind: row.origin_kind, name: row.origin_name ?? '', sha256: row.origin_sha256, line: row.line },
  };
}
