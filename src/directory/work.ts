/**
 * A unit of work: one transaction, who is behind it, and what it has written so far. Verbs of this folder take
 * one; doors open it with {@link perform}.
 */
import type { Attribution } from '../core/attribution.ts';
import type { GroupN, OriginN, SourceN, UserN } from '../core/ids.ts';
import { defaultJoiningRules, type JoiningRules } from '../core/joining.ts';
import { DEFAULT_LIMITS } from '../core/plans/limits.ts';
import type { Filter } from '../core/scim/filter.ts';
import { Refusal } from '../core/refusal.ts';
import {
  type ChangeAuthor,
  type ChangeEntry,
  type Place,
  recordChange,
  recordOrigin,
} from '../store/changes.ts';
import { type Database, type Tx, violatedConstraint } from '../store/database.ts';
import { noteClosure } from '../store/plans/moves.ts';
import { awaitRuleEdits, gaveUp } from '../store/rule-edits.ts';
import { findSource } from '../store/sources.ts';

/** The directory as its doors hold it. */
export interface Directory {
  readonly database: Database;
  /** Called after every commit that wrote something: readers of the log look at once. */
  readonly wake: () => void;
  /** Told where a write stands in the log, once it is committed (P-05). */
  readonly onWritten?: (place: Place) => void;
  /** What the installation says of joining; absent for its defaults. */
  readonly rules?: JoiningRules;
  /** Effective memberships that one nesting of a client may move before a person is told (D-33); absent for the default. */
  readonly nestingMoves?: number;
}

/** One thing that a work wrote, for whoever shows what came of a request. */
export interface Written {
  readonly type: string;
  readonly group?: GroupN;
  readonly user?: UserN;
  readonly before?: unknown;
  readonly after?: unknown;
  readonly added?: readonly (UserN | GroupN)[];
  readonly removed?: readonly (UserN | GroupN)[];
}

export interface Work {
  readonly tx: Tx;
  readonly by: Attribution;
  readonly sourceN: SourceN;
  /** The source `system`, which asserts what follows from facts. */
  readonly systemN: SourceN;
  /** Rules read before, by the number of the group and their text. */
  readonly readRules: Map<string, Filter>;
  readonly rules: JoiningRules;
  readonly nestingMoves: number;
  /** The row that says where this work's facts came from; made with the first of them. */
  originN: OriginN | null;
  /** The last log row written; null while nothing changed. */
  place: Place | null;
  /** What was written so far, in order. */
  readonly written: Written[];
  /** What remains to be done before the commit, after everything else and under locks that hold others. */
  readonly atEnd: ((work: Work) => Promise<void>)[];
  /** Whether a plan is made of it: then the closure is noted before nestings move. */
  isWatched: boolean;
}

export interface Performed<T> {
  readonly result: T;
  /** Where the write stands in the log (P-05); null when it changed nothing. */
  readonly place: Place | null;
  readonly written: readonly Written[];
}

/**
 * Runs verbs in one transaction in somebody's name. Everything commits or nothing does. Refuses a source that
 * does not exist. `task` runs again when PostgreSQL undid the transaction, so it must have no effects of its own.
 */
export async function perform<T>(
  {
    database,
    wake,
    onWritten,
    rules = defaultJoiningRules,
    nestingMoves = DEFAULT_LIMITS.nestingMoves,
  }: Directory,
  by: Attribution,
  task: (work: Work) => Promise<T>,
): Promise<Performed<T>> {
  const source = await findSourceNumber(database, by.source);
  const system = await findSourceNumber(database, SYSTEM);
  const run = async (tx: Tx): Promise<Performed<T>> => {
    const work: Work = {
      tx,
      by,
      sourceN: source,
      systemN: system,
      readRules: readRulesOf(database),
      rules,
      nestingMoves,
      originN: null,
      place: null,
      isWatched: false,
      written: [],
      atEnd: [],
    };
    const result = await task(work);
    for (const end of work.atEnd) await end(work);
    return { result, place: work.place, written: work.written };
  };
  const performed = await unlessGivenUp(database, () => database.transaction(run));
  if (performed.place !== null) {
    onWritten?.(performed.place);
    wake();
  }
  return performed;
}

/** Before nestings of these groups come or go, or the groups go: a plan wants to know what contained them. */
export async function noteNestings(work: Work, members: readonly GroupN[]): Promise<void> {
  if (work.isWatched) await noteClosure(work.tx, members);
}

/** Runs a transaction; where it gave up before the rows of a rule's edit, again once the edit is over. */
async function unlessGivenUp<T>(database: Database, transaction: () => Promise<T>): Promise<T> {
  for (let runs = 1; ; runs += 1) {
    try {
      return await transaction();
    } catch (error) {
      if (!gaveUp(error) || runs >= MAX_RUNS) throw error;
      await awaitRuleEdits(database);
    }
  }
}

/** More edits of rules than this do not come in the way of one writer. */
const MAX_RUNS = 20;

/** The columns of a log row that say who and whence. */
export function authorOf({ by, sourceN, originN }: Work): ChangeAuthor {
  return { by, sourceN, originN };
}

/** Appends an entry to the log, with the origin of the work. */
export async function record(work: Work, entry: ChangeEntry): Promise<void> {
  work.originN ??= await recordOrigin(work.tx, work.by);
  work.place = await recordChange(work.tx, authorOf(work), entry);
  work.written.push(entry);
}

/** Keeps the place of a statement that wrote its own entries; null where it wrote none. */
export function notePlace(work: Work, place: Place | null): void {
  work.place = place ?? work.place;
}

/** Runs a write whose named constraint stands for a rule, and turns its violation into that rule's refusal. */
export async function refusing<T>(
  write: Promise<T>,
  refusals: Readonly<Record<string, () => Refusal>>,
): Promise<T> {
  try {
    return await write;
  } catch (error) {
    const constraint = violatedConstraint(error);
    const refusal = constraint === null ? undefined : refusals[constraint];
    throw refusal === undefined ? error : refusal();
  }
}

/** The source of memberships that follow from facts. */
const SYSTEM = 'system';

const readRules = new WeakMap<Database, Map<string, Filter>>();

function readRulesOf(database: Database): Map<string, Filter> {
  const known = readRules.get(database) ?? new Map<string, Filter>();
  readRules.set(database, known);
  return known;
}

const numbers = new WeakMap<Database, Map<string, SourceN>>();

/** Number of a source by name; remembered, for a source's number never changes. */
async function findSourceNumber(database: Database, name: string): Promise<SourceN> {
  const known = numbers.get(database) ?? new Map<string, SourceN>();
  numbers.set(database, known);
  const remembered = known.get(name);
  if (remembered !== undefined) return remembered;
  const source = await findSource(database, name);
  if (source === null) throw new Refusal('source.not_found', { source: name });
  known.set(name, source.n);
  return source.n;
}
