/**
 * Applying a staged file: every row's wish becomes one net difference, written in one transaction (F-09). Each
 * step is one statement over all rows; nothing loops over members.
 */
import { affiliationFollowedBy } from '../core/affiliations.ts';
import { refuseCycles } from '../core/feeds/nesting-order.ts';
import { settlePeople } from '../core/feeds/people.ts';
import { type FeedSettings, NOT_ITS_ROLE } from '../core/feeds/settings.ts';
import { Refusal } from '../core/refusal.ts';
import { recordOrigin } from '../store/changes.ts';
import { lockGraph } from '../store/closure.ts';
import {
  bindLogins,
  forgetUnmet,
  listCellEmails,
  listCellKeys,
  noteDrift,
  noteIdentityConflicts,
  noteProposals,
} from '../store/feeds/disagreements.ts';
import { listPastEnds, setStatedEnds } from '../store/feeds/ends.ts';
import { describeGroups, takeDeletedGroups } from '../store/feeds/group-details.ts';
import {
  assertsNestings,
  gatherNames,
  hasRefusals,
  listSuspectGroups,
  lockNamedGroups,
  makeGroups,
  type NamedGroup,
  refuseByKey,
  refuseLines,
  refuseUnreadRows,
  spreadGroups,
} from '../store/feeds/names.ts';
import { listOpened, listOpenings } from '../store/feeds/openings.ts';
import { placeOutcomes, type RowCounts, writeOutcomes } from '../store/feeds/outcomes.ts';
import {
  gatherListedGroups,
  gatherWishes,
  listNestingsAbove,
  listNestingSteps,
  namesByKey,
  planPairs,
  planRetractions,
} from '../store/feeds/pairs.ts';
import { gatherPeople, listHardCells, writeSettledCells } from '../store/feeds/people.ts';
import { findPersons, gatherPersons } from '../store/feeds/persons.ts';
import { giveRoles, gatherRoles, listNamedRoles, type NamedRole, planRoles } from '../store/feeds/roles.ts';
import { analyzeStaged, makeRoom, type RunN } from '../store/feeds/staging.ts';
import type { RowTally } from '../store/feeds/tally.ts';
import { endStatements } from '../store/feeds/statements.ts';
import { listHigherAccounts } from '../store/permission-holders.ts';
import { attachKeys, makeStubs } from '../store/feeds/stubs.ts';
import { brokenProtection } from '../store/protection.ts';
import { deleteGroup, newGroupState } from './groups.ts';
import { importPersons } from './import-persons.ts';
import { followRecords, reservedForAffiliations } from './automatic-groups.ts';
import { writePlannedPairs } from './planned-pairs.ts';
import { ensureRoles } from './roles.ts';
import { authorOf, notePlace, type Work } from './work.ts';

export interface ImportRun {
  readonly run: RunN;
  /** What is staged. */
  readonly tally: RowTally;
  readonly settings: ImportSettings;
  /** Name of the file or set. */
  readonly file: string;
  /** The files of a set, each with the number before that of its first line; null for a single file. */
  readonly set: readonly { readonly file: string; readonly before: number }[] | null;
  /** What a snapshot tells of: a file without memberships retracts none. Null where nothing may be retracted. */
  readonly tells: { readonly people: boolean; readonly memberships: boolean } | null;
}

type ImportSettings = Pick<
  FeedSettings,
  'allowedRoles' | 'createRoles' | 'mode' | 'userType' | 'loginKeys' | 'deletedUsers'
>;

export interface ImportEnd {
  readonly counts: RowCounts;
  /** Rows were refused, so that nothing was retracted: the missing may stand in them. */
  readonly withheld: boolean;
}

/**
 * Applies the staged rows of a run and answers how they ended. Rows are refused one by one: group.automatic
 * (D-14), group.reserved (D-03, F-11), group.restricted (J-17), group.protected and group.protected_open (J-20),
 * group.name_reserved (D-05, D-16), role.protected and role.invalid (F-08), membership.over, nesting.cycle with the path (F-10),
 * identity.conflict and identity.ambiguous. What is
 * missing is made (F-04); who stays is not touched (F-09). A snapshot ends what its source asserted before and
 * does not any more (D-02, D-09), unless a row was refused. Refuses the whole file where its rows together would
 * make a protected group open (`group.protected_open`).
 */
export async function applyImport(work: Work, run: ImportRun): Promise<ImportEnd> {
  const { tx, sourceN } = work;
  const { tally: kinds, settings } = run;
  const { rows } = kinds;
  await makeRoom(tx, rows);
  const retracts = settings.mode === 'snapshot' && run.tells?.memberships === true;
  const movesNestings = kinds.movesNestings || (retracts && (await assertsNestings(tx, sourceN)));
  if (movesNestings || kinds.hasGroups) await lockGraph(tx);
  if (kinds.hasPeople) await spreadGroups(tx);
  await lockNamedGroups(tx, retracts ? sourceN : null);
  await refuseUnreadRows(tx);
  if (kinds.hasEnds) await refusePastEnds(work);
  await gatherNames(tx, kinds);
  await analyzeStaged(tx, 'staged_name', rows);
  await refuseByGroup(work);
  if (kinds.hasRoles) await refuseByRole(work, settings);
  if (movesNestings || kinds.hasGroups) await refuseByOpening(work);
  if (movesNestings) await refuseByCycle(work);
  work.originN ??= await recordOrigin(tx, work.by);
  const author = authorOf(work);
  if (kinds.hasPeople) await importPeople(work, run);
  await gatherPeople(tx, rows);
  await settleHardCells(work);
  notePlace(work, await makeGroups(tx, author, { state: told(), tally: kinds }));
  notePlace(work, await makeStubs(tx, author));
  notePlace(work, await attachKeys(tx, author));
  await noteConflicts(work, run);
  const withheld = run.tells !== null && (await hasRefusals(tx));
  await analyzeStaged(tx, 'staged_name', rows);
  await analyzeStaged(tx, 'staged_person', rows);
  await gatherWishes(tx);
  if (kinds.hasPeople) await gatherListedGroups(tx);
  await analyzeStaged(tx, 'staged_wish', rows);
  await planPairs(tx, { source: sourceN, mode: settings.mode, tally: kinds });
  if (retracts && !withheld) {
    const isOfPeople = kinds.hasPeople && !kinds.hasMemberships;
    await planRetractions(tx, { source: sourceN, kinds: isOfPeople ? ['u'] : ['u', 'g'] });
  }
  if (kinds.hasRoles) {
    await ensureRoles(work, await gatherRoles(tx));
    await planRoles(tx);
  }
  await analyzeStaged(tx, 'staged_pair', rows);
  if (kinds.hasRoles) notePlace(work, await giveRoles(tx, author));
  await writePlannedPairs(work, { movesNestings });
  if (kinds.hasEnds) notePlace(work, await setStatedEnds(tx, author));
  if (kinds.hasGroups) await importGroups(work);
  if (run.tells?.people === true && !withheld) {
    const { place, deactivated } = await endStatements(tx, author);
    notePlace(work, place);
    await followRecords(work, deactivated);
  }
  const counts = await writeOutcomes(tx, run.run, kinds);
  if (run.set !== null) await placeOutcomes(tx, run.run, run.set);
  return { counts, withheld };
}

/** People of the file are found and written first, so that the memberships beside them find them. */
async function importPeople(work: Work, { tally: { rows }, settings, file }: ImportRun): Promise<void> {
  const { tx } = work;
  await gatherPersons(tx);
  await analyzeStaged(tx, 'staged_user', rows);
  await findPersons(tx, work.sourceN);
  await importPersons(work, { settings, file });
}

async function importGroups(work: Work): Promise<void> {
  notePlace(work, await describeGroups(work.tx, authorOf(work)));
  // What its own rows nest together is known only now.
  const [broken] = await brokenProtection(work.tx, await listOpened(work.tx));
  if (broken !== undefined) throw new Refusal('group.protected_open', { group: broken });
  for (const group of await takeDeletedGroups(work.tx)) await deleteGroup(work, { group, ifMatch: null });
}

/** Lists what a person has to decide: rows that name several users, login keys, e-mails that are new (D-10). */
async function noteConflicts({ tx, sourceN }: Work, { settings, file, tells }: ImportRun): Promise<void> {
  const met = { source: sourceN, file };
  await noteIdentityConflicts(tx, met);
  const keys = await listCellKeys(tx, sourceN);
  const named = keys.map(({ n }) => n);
  const higher = settings.loginKeys === 'bind' ? await listHigherAccounts(tx, named, sourceN) : null;
  const [bound, proposed] = [
    higher === null ? [] : keys.filter(({ n }) => !higher.has(n)),
    higher === null ? keys : keys.filter(({ n }) => higher.has(n)),
  ];
  await bindLogins(tx, sourceN, bound);
  await noteProposals(tx, met, proposed);
  await noteDrift(tx, met, await listCellEmails(tx));
  if (tells !== null) await forgetUnmet(tx, sourceN);
}

async function refuseByGroup({ tx, by, sourceN }: Work): Promise<void> {
  const suspects = await listSuspectGroups(tx, sourceN);
  if (suspects.length === 0) return;
  const faults = suspects.flatMap((group) => {
    const refusal = refusalOfGroup(group, by.source);
    return refusal === null ? [] : [{ key: group.key, code: refusal.code, detail: refusal.message }];
  });
  await refuseByKey(tx, 'group', faults);
  const unnestable = suspects.flatMap((group) => {
    const refusal = refusalOfNesting(group);
    return refusal === null ? [] : [{ key: group.key, code: refusal.code, detail: refusal.message }];
  });
  await refuseByKey(tx, 'nested', unnestable);
}

/** A file writes as its feed, whoever handed it in: nobody looks at every row as an administrator would (J-17, J-20). */
function refusalOfGroup(group: NamedGroup, source: string): Refusal | null {
  const { name, kind, reserved_to } = group;
  if (kind === null) return refusalOfNewName(group);
  if (kind !== 'regular') return new Refusal('group.automatic', { group: name, kind });
  if (group.protected) return new Refusal('group.protected', { group: name });
  if (group.restricted) return new Refusal('group.restricted', { group: name });
  if (reserved_to === null || reserved_to === source) return null;
  return new Refusal('group.reserved', { group: name, source: reserved_to });
}

/** All automatic groups but `everyone` may be nested (D-14). */
function refusalOfNesting(group: NamedGroup): Refusal | null {
  const { name, kind } = group;
  if (kind === null) return refusalOfNewName(group);
  return kind === 'everyone' ? new Refusal('group.automatic', { group: name, kind }) : null;
}

function refusalOfNewName({ name, reserved_name: reason }: NamedGroup): Refusal | null {
  if (reason !== null) return new Refusal('group.name_reserved', { name, why: reason });
  return affiliationFollowedBy(name) === null ? null : reservedForAffiliations(name);
}

async function refuseByRole(
  { tx }: Work,
  settings: Pick<FeedSettings, 'allowedRoles' | 'createRoles'>,
): Promise<void> {
  const faults = (await listNamedRoles(tx)).flatMap((role) => {
    const refusal = refusalOfRole(role, settings);
    return refusal === null ? [] : [{ key: role.key, code: refusal.code, detail: refusal.message }];
  });
  await refuseByKey(tx, 'role', faults);
}

function refusalOfRole(
  role: NamedRole,
  { allowedRoles, createRoles }: Pick<FeedSettings, 'allowedRoles' | 'createRoles'>,
): Refusal | null {
  if (role.protected) return new Refusal('role.protected', { role: role.name });
  if (allowedRoles !== null && !allowedRoles.includes(role.key)) {
    return new Refusal('role.invalid', { role: role.name, why: NOT_ITS_ROLE });
  }
  if (role.exists || createRoles === 'create') return null;
  return new Refusal('role.invalid', {
    role: role.name,
    why: 'there is no such role, and this feed makes none. Leave it out, or have the role made.',
  });
}

/** J-20: a protected group can be neither open nor public, whoever may write it. */
async function refuseByOpening({ tx }: Work): Promise<void> {
  const faults = (await listOpenings(tx)).map(({ line, group }) => {
    const { code, message: detail } = new Refusal('group.protected_open', { group });
    return { line, code, detail };
  });
  await refuseLines(tx, faults);
}

async function refuseByCycle({ tx }: Work): Promise<void> {
  const refused = refuseCycles(await listNestingsAbove(tx), await listNestingSteps(tx));
  if (refused.size === 0) return;
  const names = await namesByKey(tx, [...new Set([...refused.values()].flat())]);
  const faults = [...refused].map(([line, keys]) => {
    const refusal = new Refusal('nesting.cycle', { path: keys.map((key) => names.get(key) ?? key) });
    return { line, code: refusal.code, detail: refusal.message };
  });
  await refuseLines(tx, faults);
}

async function refusePastEnds({ tx }: Work): Promise<void> {
  const faults = (await listPastEnds(tx)).map(({ line, expiresAt }) => {
    const { code, message } = new Refusal('membership.over', { expiresAt });
    return { line, code, detail: message };
  });
  if (faults.length > 0) await refuseLines(tx, faults);
}

async function settleHardCells({ tx }: Work): Promise<void> {
  const cells = await listHardCells(tx);
  if (cells.length > 0) await writeSettledCells(tx, settlePeople(cells));
}

/** What the log says of a new group besides its name. */
function told(): Record<string, unknown> {
  return { ...newGroupState };
}
