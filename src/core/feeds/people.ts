/**
 * Whom the identity cells of a file name, where that is not plain: cells whose keys find several users, and
 * cells that share a key nobody has yet. They are settled in file order, each on what those before it made
 * (domain: every given key must name the same user; the strongest finds it).
 */
import type { UserN } from '../ids.ts';
import { Refusal } from '../refusal.ts';

/** A user that a key of a cell finds in the directory, as far as it matters here. */
export interface FoundUser {
  readonly n: UserN;
  readonly stub: boolean;
  readonly nameKey: string | null;
  /** Its targetedId of the issuer that the cell gives one of; null for none. */
  readonly targetedId: string | null;
}

/** A distinct identity cell with what its keys find in the directory. */
export interface UnsettledCell {
  readonly key: string;
  /** The cell as its first row writes it. */
  readonly cell: string;
  /** First line that imports it; null when the file only deletes it: then nothing is made for it (F-05). */
  readonly importLine: number | null;
  readonly lastLine: number;
  readonly targetedId: string | null;
  readonly issuer: string | null;
  readonly nameKey: string | null;
  readonly emailKey: string | null;
  /** `emailKey` is tried as userName first; `nameKey` is the same. */
  readonly either: boolean;
  readonly lone: boolean;
  readonly byTargetedId: readonly FoundUser[];
  readonly byName: readonly FoundUser[];
  readonly byEmail: readonly FoundUser[];
  /** Users whose uid, externalId or id is the lone part; weakest, each kind only where it finds one user. */
  readonly byLone: readonly FoundUser[];
}

/** What a cell names: a user, the stub that `sameAs` makes (itself, when it is the first), nobody, or a refusal. */
export type SettledCell =
  | { readonly key: string; readonly kind: 'user'; readonly n: UserN }
  | { readonly key: string; readonly kind: 'stub'; readonly sameAs: string }
  | { readonly key: string; readonly kind: 'nobody' }
  | { readonly key: string; readonly kind: 'refused'; readonly refusal: Refusal };

/** A user of the directory, or a stub that this file makes. */
interface Person {
  readonly known: FoundUser | null;
  readonly madeBy: string;
  readonly stub: boolean;
  nameKey: string | null;
  targetedId: string | null;
}

/** Settles cells in file order: at their first import, and where they only delete, at the last row that does. */
export function settlePeople(cells: readonly UnsettledCell[]): SettledCell[] {
  const registry = createRegistry();
  const order = [...cells].sort((a, b) => (a.importLine ?? a.lastLine) - (b.importLine ?? b.lastLine));
  return order.map((cell) => {
    const found = findPerson(cell, registry);
    if (found instanceof Refusal) return { key: cell.key, kind: 'refused', refusal: found };
    if (cell.importLine === null)
      return found === null ? { key: cell.key, kind: 'nobody' } : answer(cell, found);
    const person = found ?? registry.make(cell);
    if (person.stub) registry.learn(person, cell);
    return answer(cell, person);
  });
}

function answer(cell: UnsettledCell, person: Person): SettledCell {
  return person.known === null
    ? { key: cell.key, kind: 'stub', sameAs: person.madeBy }
    : { key: cell.key, kind: 'user', n: person.known.n };
}

type Registry = ReturnType<typeof createRegistry>;

function createRegistry() {
  const known = new Map<UserN, Person>();
  const learned = new Map<string, Set<Person>>();
  const wordFor = (kind: string, ...values: readonly (string | null)[]): string =>
    [kind, ...values].join('\u0001');

  function person(user: FoundUser): Person {
    const found = known.get(user.n) ?? {
      known: user,
      madeBy: '',
      stub: user.stub,
      nameKey: user.nameKey,
      targetedId: user.targetedId,
    };
    known.set(user.n, found);
    return found;
  }

  function note(word: string, who: Person): void {
    learned.set(word, (learned.get(word) ?? new Set()).add(who));
  }

  return {
    /** Everybody whom a key finds, in the directory or among what the file made so far. */
    find(kind: string, values: readonly (string | null)[], users: readonly FoundUser[]): Person[] {
      return [...new Set([...users.map(person), ...(learned.get(wordFor(kind, ...values)) ?? [])])];
    },
    make(cell: UnsettledCell): Person {
      return { known: null, madeBy: cell.key, stub: true, nameKey: null, targetedId: null };
    },
    /** A stub takes over the keys that it does not have yet (F-04, D-10). */
    learn(who: Person, cell: UnsettledCell): void {
      if (cell.targetedId !== null) {
        who.targetedId ??= cell.targetedId;
        note(wordFor('targetedId', cell.issuer, cell.targetedId), who);
      }
      // A lone part that found its user as uid, externalId or id says nothing of the userName.
      const saysName = cell.nameKey !== null && !cell.either && !(cell.lone && who.known !== null);
      if (saysName && who.nameKey === null) {
        who.nameKey = cell.nameKey;
        note(wordFor('userName', cell.nameKey), who);
      }
      const isItsName = cell.either && who.nameKey === cell.nameKey;
      if (cell.emailKey !== null && !isItsName) note(wordFor('email', cell.emailKey), who);
    },
  };
}

function findPerson(cell: UnsettledCell, registry: Registry): Person | Refusal | null {
  const targeted =
    cell.targetedId === null
      ? []
      : registry.find('targetedId', [cell.issuer, cell.targetedId], cell.byTargetedId);
  const named = cell.nameKey === null ? [] : registry.find('userName', [cell.nameKey], cell.byName);
  const mailed = cell.emailKey === null ? [] : registry.find('email', [cell.emailKey], cell.byEmail);
  const strongest = targeted[0] ?? named[0];
  if (strongest === undefined) return findByEmail(cell, mailed, registry);
  return disagreement(cell, strongest, { named, mailed }) ?? strongest;
}

function findByEmail(
  cell: UnsettledCell,
  mailed: readonly Person[],
  registry: Registry,
): Person | Refusal | null {
  const [only, other] = mailed;
  if (other !== undefined) return ambiguous(cell, mailed.length);
  if (only !== undefined) return disagreement(cell, only, { named: [], mailed }) ?? only;
  const others = cell.lone ? registry.find('lone', [], cell.byLone) : [];
  return others[0] ?? null;
}

/** Why the keys of a cell do not all name that person; null when they do. */
function disagreement(
  cell: UnsettledCell,
  person: Person,
  { named, mailed }: { named: readonly Person[]; mailed: readonly Person[] },
): Refusal | null {
  const isMailed = mailed.includes(person);
  if (cell.either) {
    const isNamed = named.includes(person);
    const strangers = named.length + mailed.length > 0 && !isNamed && !isMailed;
    return strangers ? conflict(cell, `${cell.emailKey ?? ''} belongs to somebody else.`) : null;
  }
  if (named.length > 0 && !named.includes(person)) {
    return conflict(cell, 'the userName belongs to somebody other than the targetedId does.');
  }
  if (mailed.length > 0 && !isMailed) return conflict(cell, 'the e-mail belongs to somebody else.');
  if (cell.nameKey !== null && !cell.lone && person.nameKey !== null && person.nameKey !== cell.nameKey) {
    return conflict(cell, 'the user that it finds has another userName.');
  }
  if (cell.targetedId !== null && person.stub && person.targetedId !== null) {
    const isOther = person.targetedId !== cell.targetedId;
    if (isOther) return conflict(cell, 'the user that it finds has another targetedId.');
  }
  return null;
}

function conflict(cell: UnsettledCell, why: string): Refusal {
  return new Refusal('identity.conflict', { cell: cell.cell, why });
}

function ambiguous(cell: UnsettledCell, matches: number): Refusal {
  return new Refusal('identity.ambiguous', { cell: cell.cell, matches });
}
