/**
 * Rows about people: users made, changed, deactivated and deleted by what a feed states of them (D-07 to D-10).
 * People are found and made before any membership is looked at, so that memberships of the same file find them.
 */
import { emailKeysOf } from '../core/emails.ts';
import { faultOfAccountChange } from '../core/account-change.ts';
import { type Drift, type PersonState, statePerson } from '../core/feeds/person-state.ts';
import type { FeedSettings } from '../core/feeds/settings.ts';
import { findPlace, type StatedPlace } from '../core/feeds/stated.ts';
import { foldName } from '../core/names.ts';
import { type Json, type JsonObject, omit, sameJson } from '../core/scim/json.ts';
import {
  bindLogins,
  type DriftNote,
  keyOfLogin,
  loginKeysOf,
  noteDrift,
  noteProposals,
  type ProposedKey,
} from '../store/feeds/disagreements.ts';
import {
  deactivateInstead,
  deletePersons,
  listDeletions,
  makePersons,
  refusePersons,
} from '../store/feeds/persons.ts';
import {
  gatherLastRows,
  idsByUserName,
  keepStatements,
  listStated,
  type PersonWrite,
  type StatedRow,
  writePersons,
} from '../store/feeds/statements.ts';
import { lockFacts } from '../store/facts-lock.ts';
import { type HigherAccount, listHigherAccounts } from '../store/permission-holders.ts';
import { Refusal } from '../core/refusal.ts';
import { followRecords } from './automatic-groups.ts';
import { accountChange, tellEndOfAdministrators } from './higher-accounts.ts';
import { authorOf, type Work } from './work.ts';

/** People that are read, worked out and written at a time. */
const PAGE = 1_000;

const MANAGER = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager';

export interface PersonsOfFile {
  readonly settings: Pick<FeedSettings, 'mode' | 'userType' | 'loginKeys' | 'deletedUsers'>;
  readonly file: string;
}

/** Makes, changes and deletes the users that standing rows are about. They must have been found (findPersons). */
export async function importPersons(work: Work, { settings, file }: PersonsOfFile): Promise<void> {
  const { tx, sourceN } = work;
  const author = authorOf(work);
  await lockFacts(tx);
  await makePersons(tx, author);
  if (settings.deletedUsers === 'deactivate') await deactivateInstead(tx, sourceN);
  await gatherLastRows(tx);
  const mode = settings.mode === 'snapshot' ? 'snapshot' : 'explicit';
  const places = new Map<string, StatedPlace | null>();
  const placeOf = (spelling: string): StatedPlace | null => {
    const known = places.get(spelling);
    if (known !== undefined) return known;
    const place = findPlace(settings.userType, spelling);
    places.set(spelling, place);
    return place;
  };
  for (let after = 0; ;) {
    const rows = await listStated(tx, { source: sourceN, mode, after, limit: PAGE });
    const last = rows.at(-1);
    if (last === undefined) break;
    await importPage(work, rows, { mode, placeOf, settings, file });
    after = last.line;
  }
  await refuseDeletions(work);
  await deletePersons(tx, author);
}

/** J-20: the accounts of those who hold permissions are deleted by a feed that states them, and by no other. */
async function refuseDeletions(work: Work): Promise<void> {
  const deleted = await listDeletions(work.tx);
  const higher = await listHigherAccounts(work.tx, deleted, work.sourceN);
  const foreign = [...higher.values()].filter(({ kept }) => !kept);
  const refused = foreign.map(({ n, name: user, permission }) => {
    const { code, message } = new Refusal('user.protected', { user, permission, change: 'end' });
    return { n, code, detail: message };
  });
  await refusePersons(work.tx, refused);
  const spared = new Set(foreign.map(({ n }) => n));
  await tellEndOfAdministrators(
    work,
    deleted.filter((n) => !spared.has(n)),
    'deleted',
  );
}

interface PageRules extends PersonsOfFile {
  readonly mode: 'explicit' | 'snapshot';
  readonly placeOf: (spelling: string) => StatedPlace | null;
}

async function importPage(
  work: Work,
  rows: readonly StatedRow[],
  { mode, placeOf, settings, file }: PageRules,
): Promise<void> {
  const { tx, sourceN } = work;
  const managers = await managersOf(work, rows);
  const keep = (spelling: string, value: Json): Json =>
    spelling === MANAGER && typeof value === 'string' ? (managers.get(foldName(value)) ?? value) : value;
  const writes: PersonWrite[] = [];
  const drifts: DriftNote[] = [];
  const read = rows.map((row) => {
    const before = row.ended && row.ended_active ? null : row.before;
    const revives = row.ended_active;
    const said = statePerson(stateOf(row), { mode, stated: row.stated, before, revives, placeOf, keep });
    return { row, said, change: accountChange(stateOf(row), said.state) };
  });
  const risky = read.filter(({ row, change }) => !row.made && Object.values(change).includes(true));
  const higher = await listHigherAccounts(
    tx,
    risky.map(({ row }) => row.n),
    sourceN,
  );
  const statements = read.map(({ row, said }) => {
    const { n, line } = row;
    const { state, drifts: kept } = keepHigher(row, said.state, higher.get(n));
    drifts.push(...[...said.drifts, ...kept].map((drift) => ({ n, line, ...drift })));
    const write = writeOf(row, state);
    if (write !== null) writes.push(write);
    return { n, line, stated: said.statement, externalId: row.external_id };
  });
  await tellEndOfAdministrators(
    work,
    writes.filter(({ active }) => !active).map(({ n }) => n),
    'deactivated',
  );
  const author = authorOf(work);
  work.place = (await writePersons(tx, author, writes)) ?? work.place;
  await followRecords(
    work,
    writes.filter(({ stub }) => !stub).map(({ n: user }) => user),
  );
  await keepStatements(tx, author, statements);
  await noteDrift(tx, { source: sourceN, file }, drifts);
  await attachLogins(work, rows, { settings, file });
}

/**
 * J-20: of an account that holds a permission which this feed could not have given it, names and activity stay as
 * faultOfAccountChange says; what the row states of them is drift, for an administrator to decide.
 */
function keepHigher(
  row: StatedRow,
  wanted: PersonState,
  higher: HigherAccount | undefined,
): { readonly state: PersonState; readonly drifts: readonly Drift[] } {
  const had = stateOf(row);
  if (higher === undefined) return { state: wanted, drifts: [] };
  const change = accountChange(had, wanted);
  const none = { isRenamed: false, ends: false, returns: false };
  const keepsNames = faultOfAccountChange({ ...none, isRenamed: change.isRenamed }, higher) !== null;
  const keepsActive = faultOfAccountChange({ ...change, isRenamed: false }, higher) !== null;
  const state = {
    userName: keepsNames ? had.userName : wanted.userName,
    active: keepsActive ? had.active : wanted.active,
    document: keepsNames ? withEmailsOf(had.document, wanted.document) : wanted.document,
  };
  const isKept = (spelling: string): boolean =>
    spelling === 'active' ? keepsActive : keepsNames && (spelling === 'userName' || EMAILS.test(spelling));
  const drifts = Object.entries(row.stated).flatMap(([attribute, stated]) =>
    isKept(attribute) && !sameJson(currentOf(had, attribute), stated)
      ? [{ attribute, stated, current: currentOf(had, attribute) }]
      : [],
  );
  return { state, drifts };
}

const EMAILS = /^emails\b/i;

function withEmailsOf(had: JsonObject, wanted: JsonObject): JsonObject {
  const rest = omit(wanted, ['emails']);
  return had.emails === undefined ? rest : { ...rest, emails: had.emails };
}

function currentOf({ userName, active, document }: PersonState, attribute: string): Json {
  if (attribute === 'userName') return userName;
  return attribute === 'active' ? active : (document.emails ?? null);
}

async function managersOf({ tx }: Work, rows: readonly StatedRow[]): Promise<ReadonlyMap<string, string>> {
  const names = rows.flatMap(({ stated }) => {
    const name = stated[MANAGER];
    return typeof name === 'string' ? [foldName(name)] : [];
  });
  return idsByUserName(tx, [...new Set(names)]);
}

function stateOf({ user_name: userName, active, document }: StatedRow): PersonState {
  return { userName, active, document };
}

/** Null when the person stays as it is (D-04). A row that gives a userName makes a stub a full user. */
function writeOf(row: StatedRow, state: PersonState): PersonWrite | null {
  const { n, line, made } = row;
  const stub = row.stub && state.userName === null;
  const isSame =
    state.userName === row.user_name &&
    state.active === row.active &&
    stub === row.stub &&
    sameJson(state.document, row.document);
  if (isSame && !made) return null;
  const turns = row.stub && !stub;
  return {
    n,
    line,
    type: turns ? 'user.created' : made ? 'user.stubbed' : 'user.updated',
    ...state,
    userNameKey: state.userName === null ? null : foldName(state.userName),
    stub,
    before: turns || made ? null : told(stateOf(row)),
    after: told(state),
    emails: emailKeysOf(state.document),
  };
}

function told({ userName, active, document }: PersonState): JsonObject {
  return { userName, active, externalId: null, ...document };
}

/**
 * Login keys attach to stubs and to whom the feed makes; to full users only where the feed may bind them (D-10), and to
 * whom holds more than the feed could give by an administrator alone (J-20).
 */
async function attachLogins(
  { tx, sourceN }: Work,
  rows: readonly StatedRow[],
  { settings, file }: PersonsOfFile,
): Promise<void> {
  const given = rows.flatMap((row) => keysOf(row).map((key) => ({ row, key })));
  const had = await loginKeysOf(
    tx,
    given.map(({ key }) => key.n),
  );
  const fresh = given.filter(({ key }) => had.get(keyOfLogin(key)) !== key.key);
  const higher = await listHigherAccounts(
    tx,
    fresh.map(({ key }) => key.n),
    sourceN,
  );
  const mayBind = ({ row, key }: (typeof given)[number]): boolean =>
    !had.has(keyOfLogin(key)) && !higher.has(key.n) && (row.stub || settings.loginKeys === 'bind');
  await bindLogins(
    tx,
    sourceN,
    fresh.filter(mayBind).map(({ key }) => key),
  );
  const proposed = fresh.filter((one) => !mayBind(one)).map(({ key }) => key);
  await noteProposals(tx, { source: sourceN, file }, proposed);
}

function keysOf(row: StatedRow): ProposedKey[] {
  const { n, line } = row;
  const keys: ProposedKey[] = [];
  if (row.targeted_id !== null) {
    const id = row.targeted_id;
    keys.push({ n, line, kind: 'targetedId', issuer: row.issuer ?? '', key: id, value: id });
  }
  if (row.eppn !== null) {
    keys.push({ n, line, kind: 'eppn', issuer: '', key: row.eppn, value: row.eppn_value ?? row.eppn });
  }
  return keys;
}
