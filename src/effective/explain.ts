/** Explains an effective membership from the database (D-20 to D-22): why, why not, and what would end it. */
import type { GroupId, GroupN, UserId, UserN } from '../core/ids.ts';
import type { ActorName } from '../core/actor.ts';
import type { Moment } from '../core/moment.ts';
import { Refusal } from '../core/refusal.ts';
import { failingTerms } from '../core/rules.ts';
import { spellFilter } from '../core/scim/filter-spell.ts';
import type { Connection } from '../store/database.ts';
import { findPastGroup, findPastUser, readPastSubGraph } from '../store/effective/as-of.ts';
import { findGroupRef, findUserRef, readRuleSubject } from '../store/effective/refs.ts';
import {
  groupRefs,
  nearestGroups,
  readSubGraph,
  rulesLeadingInto,
  type SubGraphRow,
  waitingFor,
} from '../store/effective/sub-graph.ts';
import { smallestCut } from './explanation/cut.ts';
import { shortestPaths } from './explanation/paths.ts';
import type { Assertion, Membership, SubGraph } from './explanation/sub-graph.ts';
import { waysOf, type Way } from './explanation/tree.ts';
import { type Circumstances, type FailedRule, reasonsAgainst, type WhyNot } from './explanation/why-not.ts';

export interface ExplainedGroup {
  readonly id: GroupId;
  readonly name: string;
}

export interface Explanation {
  readonly user: UserId;
  readonly group: ExplainedGroup;
  /** The past moment that it speaks of; null for now. */
  readonly at: Moment | null;
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
    /** Parts of a rule that the user fails, of reason `rule_term`. */
    readonly terms?: readonly string[];
  }[];
}

export type ExplainedWay =
  | {
      readonly kind: 'direct';
      readonly sources: readonly Assertion[];
      /** The rule that the user fits, in a rule group. */
      readonly rule: string | null;
    }
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
  /** The group's members follow from facts: those have to change, for nobody is taken out of it by hand (D-14). */
  readonly isAutomatic: boolean;
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
  const isUnreached = subGraph.direct.length === 0;
  return explanationOf(connection, {
    ...{ user, group, at: null, subGraph },
    circumstances: {
      isActive: found.active,
      isStub: found.stub,
      group: target.n,
      groupKind: target.kind,
      nearest: isUnreached ? (await nearestGroups(connection, target.n, NEAREST)).map(({ n }) => n) : [],
      rules: isUnreached && !found.stub ? await failedRules(connection, target.n, found.n) : [],
      waiting: isUnreached ? await decisionsFor(connection, target.n, found.n) : [],
    },
  });
}

/**
 * As {@link explain}, of a past moment (D-23): why the user was in the group then, and what would have ended it. What
 * would have led there is not told, for a user's record is not kept. Refuses who or what was not there then.
 */
export async function explainAt(
  connection: Connection,
  { user, group, at }: { readonly user: UserId; readonly group: GroupId; readonly at: Moment },
): Promise<Explanation> {
  const found = await findPastUser(connection, user, at);
  const target = await findPastGroup(connection, group, at);
  if (found === null) throw new Refusal('user.not_found', { user });
  if (target === null) throw new Refusal('group.not_found', { group });
  const rows = await readPastSubGraph(connection, { group: target.n, user: found.n, at });
  return explanationOf(connection, {
    ...{ user, group, at, subGraph: subGraphOf(rows, found.n, target.n) },
    circumstances: {
      isActive: found.active,
      isStub: false,
      group: target.n,
      groupKind: target.rule === null ? 'regular' : 'rule',
      nearest: [],
      rules: target.rule === null ? [] : [{ group: target.n, terms: [] }],
      waiting: [],
    },
  });
}

interface Explained {
  readonly user: UserId;
  readonly group: GroupId;
  readonly at: Moment | null;
  readonly subGraph: SubGraph;
  readonly circumstances: Omit<Circumstances, 'hasPath'>;
}

async function explanationOf(
  connection: Connection,
  { user, group, at, subGraph, circumstances }: Explained,
): Promise<Explanation> {
  const { shown, total } = shortestPaths(subGraph, PATHS_SHOWN);
  const isMember = circumstances.isActive && shown.length > 0;
  const ends = isMember ? smallestCut(subGraph) : [];
  const whyNot = isMember ? [] : reasonsAgainst({ ...circumstances, hasPath: total > 0 });
  const names = await groupRefs(connection, [
    subGraph.group,
    ...whyNot.flatMap(({ nearest }) => nearest),
    ...[...shown.flat(), ...ends].flatMap((one) => [one.group, one.member as GroupN]),
  ]);
  const groupOf = (n: GroupN): ExplainedGroup => {
    const known = names.get(n);
    return { id: known?.id ?? group, name: known?.name ?? '' };
  };
  return {
    user,
    group: groupOf(subGraph.group),
    at,
    isMember,
    via: isMember ? waysOf(shown).map((way) => explainedWay(way, groupOf)) : [],
    paths: { shown: isMember ? shown.length : 0, total: isMember ? total : 0 },
    endedBy: ends.map(({ group: from, member }) => ({
      group: groupOf(from),
      isAutomatic: (names.get(from)?.kind ?? 'regular') !== 'regular',
      member:
        member === subGraph.user
          ? { type: 'user', id: user }
          : { type: 'group', ...groupOf(member as GroupN) },
    })),
    whyNot: whyNot.map((one) => ({ ...one, nearest: one.nearest.map(groupOf) })),
  };
}

async function decisionsFor(
  connection: Connection,
  group: GroupN,
  user: UserN,
): Promise<Circumstances['waiting']> {
  const rows = await waitingFor(connection, { group, user, limit: NEAREST.limit });
  return rows.map(({ reason, group_n: to }) => ({ reason, group: to }));
}

/** Rules that would lead into the group, with what the user fails of them. */
async function failedRules(connection: Connection, group: GroupN, user: UserN): Promise<FailedRule[]> {
  const rules = await rulesLeadingInto(connection, group, NEAREST);
  if (rules.length === 0) return [];
  const subject = await readRuleSubject(connection, user);
  return rules.map(({ n, filter }) => ({
    group: n,
    terms: failingTerms(filter, subject).map(spellFilter),
  }));
}

function explainedWay(way: Way, groupOf: (n: GroupN) => ExplainedGroup): ExplainedWay {
  const sources = way.membership.assertions;
  if (way.kind === 'direct') return { kind: 'direct', sources, rule: way.membership.rule ?? null };
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
      const { group_n: of, member_n: member, rule } = row;
      const membership = { group: of, member, assertions: [assertionOf(row)] };
      memberships.set(key, rule === null ? membership : { ...membership, rule });
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
