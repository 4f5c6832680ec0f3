/** The rules F-04 to F-10 and the identity cell, row by row and as plainly as they are written: an oracle. */

interface Person {
  name: string | null;
  readonly emails: Set<string>;
  targetedId: string | null;
  /** Null for a stub that rows made. */
  readonly known: boolean;
}

export interface NaiveRow {
  readonly action: 'import' | 'delete';
  readonly group: string;
  readonly isGroup: boolean;
  readonly member: string;
}

export interface NaiveState {
  readonly people: Person[];
  /** Members by group: a person, or the name of a nested group. */
  readonly groups: Map<string, Set<Person | string>>;
}

export type NaiveOutcome = 'ok' | 'identity.conflict' | 'identity.ambiguous' | 'nesting.cycle';

export function emptyState(): NaiveState {
  return { people: [], groups: new Map() };
}

/** A full user, as a client makes it. */
export function addUser(state: NaiveState, name: string, emails: readonly string[]): void {
  state.people.push({ name, emails: new Set(emails), targetedId: null, known: true });
}

/** Carries one row out on the state. */
export function applyRow(state: NaiveState, row: NaiveRow): NaiveOutcome {
  if (row.member === '*') {
    const members = state.groups.get(row.group) ?? new Set();
    for (const member of members) if ((typeof member === 'string') === row.isGroup) members.delete(member);
    return 'ok';
  }
  return row.isGroup ? applyNesting(state, row) : applyPerson(state, row);
}

/** What the groups list, by name: people by userName, else e-mail, else targetedId. */
export function listing(state: NaiveState): Record<string, string[]> {
  const named = (member: Person | string): string =>
    typeof member === 'string'
      ? `group:${member}`
      : `user:${member.name ?? [...member.emails][0] ?? member.targetedId ?? '?'}`;
  return Object.fromEntries(
    [...state.groups].map(([group, members]) => [group, [...members].map(named).sort()]),
  );
}

function applyNesting(state: NaiveState, { action, group, member }: NaiveRow): NaiveOutcome {
  if (action === 'delete') {
    state.groups.get(group)?.delete(member);
    return 'ok';
  }
  if (contains(state, member, group)) return 'nesting.cycle';
  membersOf(state, member);
  membersOf(state, group).add(member);
  return 'ok';
}

function contains(state: NaiveState, top: string, low: string): boolean {
  if (top === low) return true;
  return [...(state.groups.get(top) ?? [])].some(
    (member) => typeof member === 'string' && contains(state, member, low),
  );
}

function applyPerson(state: NaiveState, { action, group, member }: NaiveRow): NaiveOutcome {
  const found = find(state, member);
  if (typeof found === 'string') return found;
  if (action === 'delete') {
    if (found !== null) state.groups.get(group)?.delete(found);
    return 'ok';
  }
  const person = found ?? { name: null, emails: new Set<string>(), targetedId: null, known: false };
  if (found === null) state.people.push(person);
  if (!person.known) learn(person, member);
  membersOf(state, group).add(person);
  return 'ok';
}

/** `name`, `name|email`, `|email|`, `targetedId|name|email`, any part left out; names have no `@` here. */
function parts(cell: string): { targetedId: string; name: string; email: string } {
  const [first = '', second = '', third = ''] = cell.split('|');
  const isThree = cell.split('|').length === 3;
  const [targetedId, name, email] = isThree ? [first, second, third] : ['', first, second];
  return name.includes('@') ? { targetedId, name: '', email: name } : { targetedId, name, email };
}

function find(state: NaiveState, cell: string): Person | null | 'identity.conflict' | 'identity.ambiguous' {
  const { targetedId, name, email } = parts(cell);
  const byId = state.people.filter((person) => targetedId !== '' && person.targetedId === targetedId);
  const byName = state.people.filter((person) => name !== '' && person.name === name);
  const byEmail = state.people.filter((person) => email !== '' && person.emails.has(email));
  const found = byId[0] ?? byName[0] ?? byEmail[0];
  if (found === undefined) return null;
  if (byId.length + byName.length === 0 && byEmail.length > 1) return 'identity.ambiguous';
  if (byName.length > 0 && !byName.includes(found)) return 'identity.conflict';
  if (byEmail.length > 0 && !byEmail.includes(found)) return 'identity.conflict';
  if (name !== '' && found.name !== null && found.name !== name) return 'identity.conflict';
  const isOther = targetedId !== '' && found.targetedId !== null && found.targetedId !== targetedId;
  return isOther && !found.known ? 'identity.conflict' : found;
}

function learn(person: Person, cell: string): void {
  const { targetedId, name, email } = parts(cell);
  if (name !== '') person.name ??= name;
  if (email !== '') person.emails.add(email);
  if (targetedId !== '') person.targetedId ??= targetedId;
}

function membersOf(state: NaiveState, group: string): Set<Person | string> {
  const members = state.groups.get(group) ?? new Set<Person | string>();
  state.groups.set(group, members);
  return members;
}
