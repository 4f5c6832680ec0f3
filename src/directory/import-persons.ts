/**
 * Rows about people: users made, changed, deactivated and deleted by what a feed states of them (D-07 to D-10).
 * People are found and made before any membership is looked at, so that memberships of the same file find them.
 */
import { emailKeysOf } from '../core/emails.ts';
import { type PersonState, statePerson } from '../core/feeds/person-state.ts';
import type { FeedSettings } from '../core/feeds/settings.ts';
import { findPlace, type StatedPlace } from '../core/feeds/stated.ts';
import { foldName } from '../core/names.ts';
import { type Json, type JsonObject, sameJson } from '../core/scim/json.ts';
import {
  bindLogins,
  type DriftNote,
  keyOfLogin,
  loginKeysOf,
  noteDrift,
  noteProposals,
  type ProposedKey,
} from '../store/feeds/disagreements.ts';
import { deactivateInstead, deletePersons, makePersons } from '../store/feeds/persons.ts';
import {
  idsByUserName,
  keepStatements,
  listStated,
  type PersonWrite,
  type StatedRow,
  writePersons,
} from '../store/feeds/statements.ts';
import { lockFacts } from '../store/facts-lock.ts';
import { followRecords } from './automatic-groups.ts';
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
  await deletePersons(tx, author);
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
  const statements = rows.map((row) => {
    const { n, line } = row;
    const before = row.ended && row.ended_active ? null : row.before;
    const revives = row.ended_active;
    const said = statePerson(stateOf(row), { mode, stated: row.stated, before, revives, placeOf, keep });
    drifts.push(...said.drifts.map((drift) => ({ n, line, ...drift })));
    const write = writeOf(row, said.state);
    if (write !== null) writes.push(write);
    return { n, line, stated: said.statement, externalId: row.external_id };
  });
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

/** Login keys attach to stubs and to whom the feed makes; to full users only where the feed may bind them (D-10). */
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
  const mayBind = ({ row, key }: (typeof given)[number]): boolean =>
    !had.has(keyOfLogin(key)) && (row.stub || settings.loginKeys === 'bind');
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
