/**
 * The groups of a generated directory and who is in them. Ordinary groups stand in as many levels as the
 * directory is deep; each lies in one group of the level above, a few in a second one of any level above, so
 * there are diamonds and no cycles. Where they lie is skewed, so that some groups hold much more than others, and
 * so are their sizes. Beside them stand the *landmarks*: groups of a known make that benchmarks work on.
 */
import type { Random } from './random.ts';
import type { Shape } from './shape.ts';

/** Users that a group lists: `count` of them, each `stride` after the one before, modulo the number of users. */
export interface UserRun {
  readonly start: number;
  readonly stride: number;
  readonly count: number;
}

export interface PlannedGroup {
  readonly name: string;
  /** Places in the list of groups. */
  readonly parents: readonly number[];
  readonly users: UserRun;
}

/** Groups that benchmarks ask for by name. */
export const landmarks = {
  /** Lists every user; in no group. */
  all: 'Bench all',
  /** Lists ten users; in no group. */
  ten: 'Bench ten',
  /** Lists a tenth of all users; in no group. */
  tenth: 'Bench tenth',
  /** A tenth of all users effectively: half of them listed, half in groups below; has four groups above it. */
  nested: 'Bench nested',
  /** A tenth of all users effectively, all in groups below it; in no group. */
  movable: 'Bench movable',
  /** Empty, with three groups above it. */
  receiver: 'Bench receiver',
} as const;

/** Purposes of chance, so that no two draws are the same one. */
const FOR = { parent: 1, second: 2, secondParent: 3, size: 4, start: 5, stride: 6 } as const;

const SHARE_WITH_SECOND_PARENT = 0.05;
/** Exponent of the Pareto distribution that sizes of ordinary groups follow. */
const SIZE_EXPONENT = 1.6;

/** All groups of a directory, landmarks first. */
export function planGroups(shape: Shape, random: Random): PlannedGroup[] {
  const marks = planLandmarks(shape);
  return [...marks, ...planOrdinary(shape, random, marks)];
}

function planOrdinary(shape: Shape, random: Random, marks: readonly PlannedGroup[]): PlannedGroup[] {
  const count = shape.groups - marks.length;
  if (count < shape.depth) throw new Error('The shape has too few groups for its depth and the landmarks.');
  const sizes = userCounts(shape, random, marks, count);
  return sizes.map((size, g) => ({
    name: `Group ${g}`,
    parents: parentsOf(g, { shape, random, first: marks.length }),
    users: {
      start: random.below(FOR.start, g, shape.users),
      stride: strideOf(g, shape, random),
      count: size,
    },
  }));
}

/** Group `g` stands in level `g % depth`; those of a level follow each other `depth` apart. */
function parentsOf(
  g: number,
  { shape, random, first }: { shape: Shape; random: Random; first: number },
): number[] {
  const level = g % shape.depth;
  if (level === 0) return [];
  const above = Math.floor(g / shape.depth);
  const pick = (purpose: number, parentLevel: number): number =>
    first + skewed(random.fraction(purpose, g), above + 1) * shape.depth + parentLevel;
  const parent = pick(FOR.parent, level - 1);
  if (random.fraction(FOR.second, g) >= SHARE_WITH_SECOND_PARENT) return [parent];
  const second = pick(FOR.secondParent, random.below(FOR.second, g + shape.groups, level));
  return second === parent ? [parent] : [parent, second];
}

/** A place of [0, length), the early ones more often. */
function skewed(fraction: number, length: number): number {
  return Math.floor(length * fraction * fraction);
}

function userCounts(shape: Shape, random: Random, marks: readonly PlannedGroup[], count: number): number[] {
  const nestings = count * (1 + SHARE_WITH_SECOND_PARENT) * (1 - 1 / shape.depth);
  const given = marks.reduce((sum, { users, parents }) => sum + users.count + parents.length, 0);
  const wanted = shape.memberships - given - nestings;
  const most = Math.max(1, Math.floor(shape.users / 20));
  const weights = Array.from(
    { length: count },
    (_, g) => (1 - random.fraction(FOR.size, g)) ** (-1 / SIZE_EXPONENT),
  );
  return scaledTo(weights, wanted, most);
}

/** Whole numbers from 1 to `most` in the proportion of the weights, whose sum is about `wanted`. */
function scaledTo(weights: readonly number[], wanted: number, most: number): number[] {
  const sized = (factor: number): number[] =>
    weights.map((weight) => Math.min(most, Math.max(1, Math.round(weight * factor))));
  const total = (factor: number): number => sized(factor).reduce((sum, size) => sum + size, 0);
  let [low, high] = [0, most];
  for (let step = 0; step < 40; step += 1) {
    const middle = (low + high) / 2;
    if (total(middle) < wanted) low = middle;
    else high = middle;
  }
  return sized(high);
}

function strideOf(g: number, { users }: Shape, random: Random): number {
  return coprime(1 + random.below(FOR.stride, g, users), users);
}

/** The first number from `from` on that has no divisor in common with `modulus`: its multiples meet every user once. */
function coprime(from: number, modulus: number): number {
  let stride = from;
  while (divisor(stride, modulus) !== 1) stride += 1;
  return stride;
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}

/** Groups that list so many users at the directory's mean. */
function groupsThatHold(users: number, shape: Shape): number {
  return Math.ceil((users * shape.groups) / shape.memberships);
}

/** The landmarks with the groups above and below them. Subtrees are three levels deep and list no user twice. */
function planLandmarks(shape: Shape): PlannedGroup[] {
  const groups: PlannedGroup[] = [];
  const stride = coprime(Math.floor(shape.users * 0.618), shape.users);
  let used = 0;
  const take = (count: number): UserRun => {
    const start = (used * stride) % shape.users;
    used += count;
    return { start, stride, count };
  };
  const add = (name: string, parents: readonly number[], users: number): number =>
    groups.push({ name, parents, users: take(users) }) - 1;
  const chain = (name: string, length: number): number[] => {
    let top: number[] = [];
    for (let at = length; at > 0; at -= 1) top = [add(`${name}, ${at} above`, top, 0)];
    return top;
  };
  const below = (name: string, root: number, { parts, users }: { parts: number; users: number }): void => {
    const each = Math.floor(users / parts);
    const made: number[] = [root];
    for (let part = 0; part < parts; part += 1) {
      const parent = made[part < 10 ? 0 : Math.floor(part / 10)] ?? root;
      const count = part === parts - 1 ? users - each * (parts - 1) : each;
      made.push(add(`${name}, part ${part}`, [parent], count));
    }
  };

  const tenth = Math.floor(shape.users / 10);
  add(landmarks.all, [], shape.users);
  add(landmarks.ten, [], Math.min(10, shape.users));
  add(landmarks.tenth, [], tenth);
  const half = Math.floor(tenth / 2);
  const nested = add(landmarks.nested, chain(landmarks.nested, 4), half);
  below(landmarks.nested, nested, { parts: groupsThatHold(tenth - half, shape), users: tenth - half });
  const movable = add(landmarks.movable, [], 0);
  below(landmarks.movable, movable, { parts: groupsThatHold(tenth, shape), users: tenth });
  add(landmarks.receiver, chain(landmarks.receiver, 3), 0);
  return groups;
}
