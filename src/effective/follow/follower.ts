/**
 * Keeps an index equal to the database, from position to position. Each step is one REPEATABLE READ READ ONLY
 * transaction: it reads the marks that its snapshot sees and the one before did not, and looks again at what they
 * point at, in that same snapshot. So the index equals the database at the new position exactly, whatever the
 * order in which transactions committed.
 */
import { covers, type Position } from '../../core/position.ts';
import type { Database, Tx } from '../../store/database.ts';
import { type ConferralRow, readConferrals } from '../../store/effective/conferrals.ts';
import {
  hasBatch,
  type MarkRow,
  readLastBatch,
  readPosition,
  readTail,
} from '../../store/effective/log-tail.ts';
import { type Delta, disposeDelta } from '../index/bitmaps.ts';
import { Conferrals } from '../index/conferrals.ts';
import type { MembershipIndex } from '../index/membership-index.ts';
import type { SetHash } from '../index/set-hash.ts';
import { loadIndex } from './load.ts';
import { type Looked, lookAgain } from './look-again.ts';
import { type IndexFile, readSavedIndex, saveIndex } from './saved-index.ts';

/** More marks than this are not followed one by one: filling the index anew is faster. */
const MAX_MARKS = 20_000;

/** What a step saw. */
export interface Step {
  readonly to: Position;
  readonly marks: readonly MarkRow[];
  /** Those of the marks' members that are groups. */
  readonly nested: ReadonlySet<number>;
  /** Where groups that are deleted now were nested before the step. */
  readonly formerParents: ReadonlyMap<number, readonly number[]>;
  /** Effective joins and leaves by group; null when the index was filled anew and nobody knows. */
  readonly deltas: ReadonlyMap<number, Delta> | null;
  /** Entitlements that may have moved, each with the holders that began or ceased to confer it. */
  readonly touched: ReadonlyMap<number, ReadonlySet<number>>;
}

const snapshot = { isolation: 'repeatable read', readOnly: true } as const;

export class Follower {
  readonly #database: Database;
  readonly #hashKey: SetHash;
  #index: MembershipIndex;
  #conferrals: Conferrals;
  #position: Position;
  readonly #begun: Filled['begun'];

  private constructor(database: Database, hashKey: SetHash, { index, conferrals, position, begun }: Filled) {
    this.#database = database;
    this.#hashKey = hashKey;
    this.#index = index;
    this.#conferrals = conferrals;
    this.#position = position;
    this.#begun = begun;
  }

  /** Takes an index up from its file and the log's tail; where there is no good one, fills it from the database. */
  static async open(database: Database, hashKey: SetHash, file: IndexFile | null = null): Promise<Follower> {
    const begin = async (tx: Tx): Promise<Filled> =>
      (file === null ? null : await resume(tx, hashKey, file)) ?? fill(tx, hashKey);
    return new Follower(database, hashKey, await database.transaction(begin, snapshot));
  }

  /** Where this index began: from its file, or from the database. */
  get begun(): Filled['begun'] {
    return this.#begun;
  }

  /** Writes the index to its file, as of its position. Must not overlap with steps. */
  async save(file: IndexFile): Promise<void> {
    const batch = await readLastBatch(this.#database);
    await saveIndex(file, this.#index, { position: this.#position, batch });
  }

  get index(): MembershipIndex {
    return this.#index;
  }

  /** Who confers what, as of the same position. */
  get conferrals(): Conferrals {
    return this.#conferrals;
  }

  /** What the index equals. */
  get position(): Position {
    return this.#position;
  }

  /**
   * Moves the index to now. Steps must not overlap. The deltas of the answer are the caller's to dispose of
   * ({@link disposeStep}).
   */
  async step(): Promise<Step> {
    const seen = await this.#database.transaction((tx) => this.#look(tx), snapshot);
    const { position: to } = seen;
    this.#position = to;
    if (seen.kind === 'filled') {
      this.#index.dispose();
      this.#index = seen.index;
      this.#conferrals = seen.conferrals;
      return { to, marks: [], nested: new Set(), formerParents: new Map(), deltas: null, touched: new Map() };
    }
    const { marks, facts, nested } = seen;
    const formerParents = new Map(
      facts.goneGroups.map((group) => [group, [...this.#index.parentsOf(group)]] as const),
    );
    const deltas = marks.length === 0 ? new Map<number, Delta>() : this.#index.apply(facts);
    const touched = this.#conferrals.replace(seen.holders, seen.conferrals);
    for (const holder of [...deltas.keys(), ...facts.users.map(({ user }) => user)]) {
      for (const entitlement of this.#conferrals.conferredBy(holder)) {
        if (!touched.has(entitlement)) touched.set(entitlement, new Set());
      }
    }
    return { to, marks, nested, formerParents, deltas, touched };
  }

  dispose(): void {
    this.#index.dispose();
  }

  async #look(tx: Tx): Promise<Seen> {
    const position = await readPosition(tx);
    const marks = await readTail(tx, { since: this.#position, to: position, limit: MAX_MARKS + 1 });
    if (marks.length > MAX_MARKS) return { kind: 'filled', ...(await fill(tx, this.#hashKey)) };
    const holders = holdersIn(marks);
    const conferrals = await readConferrals(tx, holders);
    return { kind: 'marks', position, marks, holders, conferrals, ...(await lookAgain(tx, marks)) };
  }
}

/** Groups and users that changed themselves: what they confer may have changed with them. */
function holdersIn(marks: readonly MarkRow[]): number[] {
  const holders = new Set<number>();
  for (const { type, group_n: group, user_n: user } of marks) {
    if (type.startsWith('group.') && group !== null) holders.add(group);
    if (type.startsWith('user.') && user !== null) holders.add(user);
  }
  return [...holders];
}

interface Filled {
  readonly begun: 'from its file' | 'from the database';
  readonly index: MembershipIndex;
  readonly conferrals: Conferrals;
  readonly position: Position;
}

type Seen =
  | ({ readonly kind: 'filled' } & Filled)
  | ({
      readonly kind: 'marks';
      readonly position: Position;
      readonly marks: readonly MarkRow[];
      /** Whose conferrals were read again, and those. */
      readonly holders: readonly number[];
      readonly conferrals: readonly ConferralRow[];
    } & Looked);

/** Frees the deltas of a step. */
export function disposeStep({ deltas }: Step): void {
  deltas?.forEach(disposeDelta);
}

async function fill(tx: Tx, hashKey: SetHash): Promise<Filled> {
  const position = await readPosition(tx);
  const conferrals = new Conferrals();
  conferrals.replace([], await readConferrals(tx, null));
  return { begun: 'from the database', position, conferrals, index: await loadIndex(tx, hashKey) };
}

/** Null where the file is not good for this database, or so far behind that filling is faster. */
async function resume(tx: Tx, hashKey: SetHash, file: IndexFile): Promise<Filled | null> {
  const saved = readSavedIndex(file, hashKey);
  if (saved === null) return null;
  const { index, position: since, batch } = saved;
  const position = await readPosition(tx);
  const isOfHere = covers(position, since) && (await hasBatch(tx, batch));
  const marks = isOfHere ? await readTail(tx, { since, to: position, limit: MAX_MARKS + 1 }) : [];
  if (!isOfHere || marks.length > MAX_MARKS) {
    index.dispose();
    return null;
  }
  index.apply((await lookAgain(tx, marks)).facts).forEach(disposeDelta);
  const conferrals = new Conferrals();
  conferrals.replace([], await readConferrals(tx, null));
  return { begun: 'from its file', index, conferrals, position };
}
