/**
 * Automatic groups (D-13 to D-16): their kinds, and filling them from facts. What a rule, an affiliation or "everyone
 * signed in" says is written as direct memberships, by the source `system` or the provider; the engine knows only edges.
 */
import { isAdministrator } from '../core/actor.ts';
import { affiliationFollowedBy } from '../core/affiliations.ts';
import type { GroupN, UserN } from '../core/ids.ts';
import { Refusal } from '../core/refusal.ts';
import type { Position } from '../core/position.ts';
import { fitsRule, type Rule, type RuleSubject } from '../core/rules.ts';
import type { Filter } from '../core/scim/filter.ts';
import { affiliatedWith } from '../store/affiliations.ts';
import {
  type AutomaticMoves,
  type AutomaticOutcome,
  type AutomaticPair,
  everybodyBy,
  fillAutomaticGroup,
  moveAutomaticMembers,
  nobody,
  type Wanted,
} from '../store/automatic.ts';
import { reopenNesting } from '../store/closure.ts';
import { readPosition } from '../store/effective/log-tail.ts';
import { lockFacts, lockFactsAlone } from '../store/facts-lock.ts';
import { findGroupsOf, type GroupKind, type GroupRow } from '../store/groups.ts';
import { lockFactsPatiently, lockRuleEdits, usersChangedSince } from '../store/rule-edits.ts';
import { groupsLettingRequest, usersBelow } from '../store/request-loss.ts';
import {
  fitting,
  listRecordGroups,
  readRuleFilters,
  recordDifference,
  type RecordGroupRow,
  recordGroupsOfUser,
} from '../store/rules.ts';
import { endRequestLosses } from './request-loss.ts';
import { authorOf, type Work } from './work.ts';

interface Named {
  readonly name: string;
  readonly rule: Rule | null;
}

/**
 * The kind that a name and a rule make: `affiliation.<value>` follows an affiliation (D-16), a rule makes a rule group.
 * Refuses (`group.invalid`) both at once, an affiliation without value, and either on a group of everyone.
 */
export function kindOf({ name, rule }: Named, standing: GroupKind | null): GroupKind {
  const affiliation = affiliationFollowedBy(name);
  if (affiliation === '') throw new Refusal('group.invalid', { why: `${name} names no affiliation.` });
  const fact = affiliation === null ? (rule === null ? null : 'rule') : 'affiliation';
  if (standing === 'everyone' || standing === 'everyone-signed-in') {
    if (fact === null) return standing;
    throw new Refusal('group.invalid', {
      why: `The kind of this group is ${standing}; it cannot follow anything else.`,
    });
  }
  if (affiliation !== null && rule !== null) {
    throw new Refusal('group.invalid', { why: `${name} follows an affiliation and cannot have a rule.` });
  }
  return fact ?? 'regular';
}

/** Refuses (`group.name_reserved`) to make groups of affiliations and everyone, or to unmake them, to those who are no administrators (D-16). */
export function requireAuthority({ by }: Work, kinds: readonly GroupKind[], name: string): void {
  const isGoverned = kinds.some((kind) => kind !== 'regular' && kind !== 'rule');
  if (isGoverned && !isAdministrator(by.actor)) throw reservedForAffiliations(name);
}

/** What a group's name that only administrators write is refused with (D-16). */
export function reservedForAffiliations(name: string): Refusal {
  const why =
    affiliationFollowedBy(name) === null
      ? 'only administrators rename this group.'
      : 'groups that start with "affiliation." follow what institutions say of their people; administrators make them.';
  return new Refusal('group.name_reserved', { name, why });
}

/** Kinds of groups that are filled from what the log tells of users, so that whoever is written meanwhile is found. */
const FILLED_BESIDE_WRITERS: ReadonlySet<GroupKind> = new Set(['rule', 'regular']);

/**
 * Takes the lock under which a group begins to follow facts, or follows others than before: where it followed or
 * will follow anything but a rule, that is the facts lock, and nobody's facts change until the end.
 */
export async function beginFollowing(work: Work, kinds: readonly GroupKind[]): Promise<void> {
  if (kinds.every((kind) => FILLED_BESIDE_WRITERS.has(kind))) await lockRuleEdits(work.tx);
  else await lockFactsAlone(work.tx);
}

/**
 * Makes a group list whom its facts say, and nobody else; who stays is not touched. For a regular group that is:
 * nobody. The group must be locked, and {@link beginFollowing} called; where it lists groups, the graph lock held.
 *
 * A rule reads every user and may move all of them, so users are written meanwhile (docs/decisions/0006), each judged
 * by the rule that stands. Whoever was is judged by the new one at the end of the work, until only those are left that
 * were written just now, and these under the facts lock.
 */
export async function followFacts(work: Work, group: GroupRow): Promise<void> {
  const began = await readPosition(work.tx);
  await fillFromFacts(work, group);
  if (!FILLED_BESIDE_WRITERS.has(group.kind)) return;
  work.atEnd.push(async (last) => {
    let since = began;
    for (let round = 0; round < CATCHING_UP; round += 1) {
      const from = await readPosition(last.tx);
      const moved = await judgeAgain(last, group, since);
      since = from;
      if (moved < FEW) break;
    }
    await lockFactsPatiently(last.tx);
    await judgeAgain(last, group, since);
  });
}

/** Users that are judged at a time. */
const AT_ONCE = 1_000;
/** So few are judged under the lock: they take no longer than a write. */
const FEW = 20;
/** Rounds after which the rest is judged under the lock, however many write. */
const CATCHING_UP = 20;

/** Moves those whose record was written since and who are not listed as it says. Answers how many were written. */
async function judgeAgain(work: Work, { n, kind, rule_filter }: GroupRow, since: Position): Promise<number> {
  const users = await usersChangedSince(work.tx, since);
  for (let from = 0; from < users.length; from += AT_ONCE) {
    const some = users.slice(from, from + AT_ONCE);
    const group = { n, kind: 'rule', rule_filter: kind === 'rule' ? rule_filter : null } as const;
    const moved = await recordDifference(work.tx, group, { users: some, system: work.systemN });
    const pairs = (joining: boolean): AutomaticPair[] =>
      moved.filter(({ joins }) => joins === joining).map(({ user }) => ({ group: n, user }));
    await moveMembers(work, { source: work.systemN, join: pairs(true), leave: pairs(false) });
  }
  return users.length;
}

async function fillFromFacts(work: Work, group: GroupRow): Promise<void> {
  const wanted = wantedOf(work, group);
  const outcome = await fillAutomaticGroup(work.tx, authorOf(work), {
    group: group.n,
    source: work.systemN,
    wanted,
    tellsWhoLeft: group.lets_request,
  });
  noteMoves(work, outcome);
  await reopenNesting(work.tx, [group.n], outcome.unnested);
  if (!group.lets_request) return;
  // Whoever was in it through a group that it listed leaves with that group (J-11).
  const below = await usersBelow(work.tx, outcome.unnested);
  await endRequestLosses(work, [...new Set([...outcome.left, ...below])]);
}

function wantedOf({ systemN }: Work, { kind, name, rule_filter: filter }: GroupRow): Wanted {
  switch (kind) {
    case 'affiliation':
      return affiliatedWith(affiliationFollowedBy(name) ?? '');
    case 'everyone-signed-in':
      return everybodyBy(systemN);
    case 'rule':
      return filter === null ? nobody : fitting(filter, systemN);
    case 'regular':
    case 'everyone':
      return nobody;
  }
}

/** A user as its record stands now. */
export interface RecordOfUser extends RuleSubject {
  readonly n: UserN;
}

/**
 * Puts a user into the groups whose rules it fits now, and takes it out of those that it fits no more (D-15), at once;
 * and into the group of everyone signed in. To be called by whatever writes the record of a user that is no stub,
 * with the user locked. Refuses `group.protected` (J-20).
 */
export async function followRecord(work: Work, user: RecordOfUser): Promise<void> {
  await lockFacts(work.tx);
  const groups = await recordGroupsOfUser(work.tx, user.n, work.systemN);
  const filters = await knownFilters(work, groups);
  const join: AutomaticPair[] = [];
  const leave: AutomaticPair[] = [];
  for (const { n, kind, listed } of groups) {
    const filter = filters.get(n);
    const fits = kind === 'everyone-signed-in' || (filter !== undefined && fitsRule(filter, user));
    if (fits !== listed) (fits ? join : leave).push({ group: n, user: user.n });
  }
  await refuseGuarded(work, join);
  await moveMembers(work, { source: work.systemN, join, leave });
}

/**
 * J-20: whoever writes the record that a rule looks at says who is in its group; where that gives permissions it must
 * be an administrator or a source that the group trusts. A feed's file is held by its guard instead (D-31), so that
 * one row does not refuse all others.
 */
async function refuseGuarded(
  { tx, by: { actor }, sourceN }: Work,
  joining: readonly AutomaticPair[],
): Promise<void> {
  if (joining.length === 0 || isAdministrator(actor) || actor.kind === 'feed') return;
  const groups = await findGroupsOf(
    tx,
    joining.map(({ group }) => group),
    sourceN,
  );
  const guarded = groups.find((group) => group.kind === 'rule' && group.protected && !group.trusted);
  if (guarded !== undefined) throw new Refusal('group.protected', { group: guarded.name });
}

/** As {@link followRecord}, for any number of users that were written together; they must be locked. */
export async function followRecords(work: Work, users: readonly UserN[]): Promise<void> {
  if (users.length === 0) return;
  await lockFacts(work.tx);
  const join: AutomaticPair[] = [];
  const leave: AutomaticPair[] = [];
  for (const group of await listRecordGroups(work.tx)) {
    const moved = await recordDifference(work.tx, group, { users, system: work.systemN });
    for (const { user, joins } of moved) (joins ? join : leave).push({ group: group.n, user });
  }
  await moveMembers(work, { source: work.systemN, join, leave });
}

/** Writes what facts changed about users: {@link moveAutomaticMembers}, and what the work knows of it. */
export async function moveMembers(work: Work, moves: AutomaticMoves): Promise<void> {
  const { join, leave } = moves;
  if (join.length + leave.length === 0) return;
  noteMoves(work, await moveAutomaticMembers(work.tx, authorOf(work), moves));
  const type = 'membership.direct';
  for (const { group, user } of join) work.written.push({ type, group, added: [user] });
  for (const { group, user } of leave) work.written.push({ type, group, removed: [user] });
  if (leave.length === 0) return;
  const letting = await groupsLettingRequest(
    work.tx,
    leave.map(({ group }) => group),
  );
  const losing = leave.filter(({ group }) => letting.has(group)).map(({ user }) => user);
  if (losing.length > 0) await endRequestLosses(work, [...new Set(losing)]);
}

function noteMoves(work: Work, { originN, place }: AutomaticOutcome): void {
  work.originN ??= originN;
  work.place = place ?? work.place;
}

/** Rules kept in memory: beyond so many they are all read again. */
const MAX_KNOWN = 10_000;

/** The rules of the groups; a text that was read before for the same group is not read again. */
async function knownFilters(
  { tx, readRules: rules }: Work,
  groups: readonly RecordGroupRow[],
): Promise<ReadonlyMap<GroupN, Filter>> {
  const keyOf = ({ n, rule }: RecordGroupRow): string => `${n} ${rule ?? ''}`;
  const ruled = groups.filter(({ kind }) => kind === 'rule');
  const unknown = ruled.filter((group) => !rules.has(keyOf(group)));
  if (unknown.length > 0) {
    if (rules.size > MAX_KNOWN) rules.clear();
    const read = await readRuleFilters(
      tx,
      unknown.map(({ n }) => n),
    );
    for (const group of unknown) {
      const filter = read.get(group.n);
      if (filter !== undefined) rules.set(keyOf(group), filter);
    }
  }
  const pairs = ruled.map((group) => [group.n, rules.get(keyOf(group))] as const);
  return new Map(pairs.flatMap(([n, filter]) => (filter === undefined ? [] : [[n, filter] as const])));
}
