/**
 * What a row makes of a person (D-09). The last *changed* statement of an attribute wins: a snapshot writes only
 * where it states something else than at its previous run, so that it does not undo others every night; where it
 * says the same and the directory differs, that is drift. Rows of actions and deltas are about what is changed,
 * and write wherever the directory differs.
 */
import { foldName } from '../names.ts';
import { type Json, type JsonObject, omit, sameJson } from '../scim/json.ts';
import { assignStated, statedAt, type StatedPlace } from './stated.ts';

export interface PersonState {
  readonly userName: string | null;
  readonly active: boolean;
  readonly document: JsonObject;
}

export interface PersonStatement {
  readonly mode: 'explicit' | 'snapshot';
  /** What the row states, by the spelling of the place. */
  readonly stated: JsonObject;
  /** What the same feed stated last; null when this is its first word of the person. */
  readonly before: JsonObject | null;
  /** The feed itself deactivated the person by leaving it out, and now names it again. */
  readonly revives: boolean;
  /** Finds the place of a spelling; null for one that no schema has any more. */
  readonly placeOf: (spelling: string) => StatedPlace | null;
  /** What is kept for a value: the id of the manager that a cell names, else the value itself. */
  readonly keep: (spelling: string, value: Json) => Json;
}

export interface Drift {
  readonly attribute: string;
  readonly stated: Json;
  readonly current: Json;
}

export interface StatedPerson {
  readonly state: PersonState;
  /** What the feed is known to state from now on. */
  readonly statement: JsonObject;
  readonly drifts: readonly Drift[];
}

/** The state that a statement leads to. */
export function statePerson(current: PersonState, said: PersonStatement): StatedPerson {
  const before = said.before ?? {};
  const statement = said.mode === 'snapshot' ? said.stated : { ...before, ...said.stated };
  const drifts: Drift[] = [];
  let state: PersonState = said.revives ? { ...current, active: true } : current;
  for (const [spelling, value] of Object.entries(said.stated)) {
    const kept = said.keep(spelling, value);
    const now = valueOf(state, spelling, said);
    if (now === undefined || !isSame(spelling, now, kept)) {
      const isRestated = said.mode === 'snapshot' && sameJson(before[spelling], value);
      if (isRestated) drifts.push({ attribute: spelling, stated: value, current: now ?? null });
      else state = withValue(state, { spelling, value: kept }, said);
    }
  }
  if (said.mode === 'snapshot') {
    for (const [spelling, value] of Object.entries(before)) {
      const isGone =
        !Object.hasOwn(said.stated, spelling) && spelling !== 'userName' && spelling !== 'active';
      // What somebody else changed in the meantime is not this feed's to take away.
      const isStillOwn = isGone && sameJson(valueOf(state, spelling, said), said.keep(spelling, value));
      if (isStillOwn) state = withValue(state, { spelling, value: undefined }, said);
    }
  }
  return { state, statement, drifts };
}

/** A userName in another case is the same, and stays as it was first written (D-05). */
function isSame(spelling: string, one: Json, other: Json): boolean {
  if (spelling === 'userName' && typeof one === 'string' && typeof other === 'string') {
    return foldName(one) === foldName(other);
  }
  return sameJson(one, other);
}

function valueOf(
  { userName, active, document }: PersonState,
  spelling: string,
  { placeOf }: PersonStatement,
): Json | undefined {
  if (spelling === 'userName') return userName;
  if (spelling === 'active') return active;
  if (spelling === 'roles') return namesIn(document.roles);
  const place = placeOf(spelling);
  return place === null ? undefined : statedAt(document, place);
}

function withValue(
  state: PersonState,
  { spelling, value }: { readonly spelling: string; readonly value: Json | undefined },
  { placeOf }: PersonStatement,
): PersonState {
  if (spelling === 'userName') return typeof value === 'string' ? { ...state, userName: value } : state;
  if (spelling === 'active') return { ...state, active: value !== false };
  if (spelling === 'roles') return { ...state, document: withRoles(state.document, value) };
  const place = placeOf(spelling);
  return place === null ? state : { ...state, document: assignStated(state.document, place, value) };
}

function namesIn(roles: Json | undefined): Json {
  if (!Array.isArray(roles)) return [];
  return (roles as readonly Json[]).map((role) =>
    typeof role === 'object' && role !== null && 'value' in role ? (role.value ?? null) : null,
  );
}

function withRoles(document: JsonObject, names: Json | undefined): JsonObject {
  const rest = omit(document, ['roles']);
  if (!Array.isArray(names)) return rest;
  return { ...rest, roles: (names as readonly Json[]).map((value) => ({ value })) };
}
