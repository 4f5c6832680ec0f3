/** Lines of PostgreSQL's COPY text format for the tables of a generated directory. */
import type { PlannedGroup, UserRun } from './groups.ts';
import type { Random } from './random.ts';
import type { Shape } from './shape.ts';

/**
 * The dense numbers: users and groups draw from one sequence, so in the numbering a group follows every so many
 * users, as in a directory that grew.
 */
export interface Numbering {
  user(index: number): number;
  group(index: number): number;
  /** The highest number given. */
  readonly last: number;
}

/** Numbers from `first` on. */
export function numbering({ users, groups }: Shape, first: number): Numbering {
  const run = Math.floor(users / groups);
  if (run < 1) throw new Error('A generated directory has at least as many users as groups.');
  return {
    user: (index) => first + index + Math.min(groups, Math.floor(index / run)),
    group: (index) => first + index * (run + 1) + run,
    last: first + users + groups - 1,
  };
}

const USER_ID = 1;
const GROUP_ID = 2;
const GIVEN = 3;
const FAMILY = 4;
const DEPARTMENT = 5;

const given =
  'Ada Ben Chloé Dina Emil Fatima Goran Hana Ivo Jana Karl Lucía Mia Noah Olga Paul Rosa Sven Tove Zoë';
const family =
  'Abt Baumann Christen Dubois Egli Fischer Graf Huber Imhof Jäggi Keller Lopez Meier Novak Ott Peter';
const departments = 'IT Finance Law Physics Chemistry Library Estates Staff Medicine History'.split(' ');
const givenNames = given.split(' ');
const familyNames = family.split(' ');

export interface Directory {
  readonly shape: Shape;
  readonly groups: readonly PlannedGroup[];
  readonly numbers: Numbering;
  readonly random: Random;
  /** Number of the source that everything comes from. */
  readonly source: number;
}

/** userName of the user at that place. */
export function userNameOf(index: number): string {
  return `user${index}@example.org`;
}

/** Columns n, id, user_name, user_name_key, document, created_by. */
export function* userLines({ shape, numbers, random, source }: Directory): Generator<string> {
  for (let index = 0; index < shape.users; index += 1) {
    const name = userNameOf(index);
    const givenName = givenNames[random.below(GIVEN, index, givenNames.length)] ?? '';
    const familyName = familyNames[random.below(FAMILY, index, familyNames.length)] ?? '';
    const document = JSON.stringify({
      name: { givenName, familyName, formatted: `${givenName} ${familyName}` },
      displayName: `${givenName} ${familyName}`,
      emails: [{ value: name, type: 'work', primary: true }],
      'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': {
        employeeNumber: String(100_000 + index),
        department: departments[random.below(DEPARTMENT, index, departments.length)],
      },
    });
    yield `${numbers.user(index)}\t${random.uuid(USER_ID, index)}\t${name}\t${name}\t${document}\t${source}\n`;
  }
}

/** Columns kind, value_key, user_n, value, source_n. */
export function* identityLines({ shape, numbers, source }: Directory): Generator<string> {
  for (let index = 0; index < shape.users; index += 1) {
    const mail = userNameOf(index);
    yield `email\t${mail}\t${numbers.user(index)}\t${mail}\t${source}\n`;
  }
}

/** Columns n, id, name, name_key, internal, hidden, open, created_by. */
export function* groupLines({ groups, numbers, random, source }: Directory): Generator<string> {
  for (const [index, { name }] of groups.entries()) {
    const id = random.uuid(GROUP_ID, index);
    yield `${numbers.group(index)}\t${id}\t${name}\t${name.toLowerCase()}\tf\tf\tt\t${source}\n`;
  }
}

/** Columns group_n, member_n, source_n, member_kind; in the order of the primary key. */
export function* assertionLines({ shape, groups, numbers, source }: Directory): Generator<string> {
  const children = childrenOf(groups);
  for (const [index, { users }] of groups.entries()) {
    const group = numbers.group(index);
    const nested = new Set(children[index]?.map((child) => numbers.group(child)));
    const members = Int32Array.from([
      ...usersOf(users, shape).map((user) => numbers.user(user)),
      ...nested,
    ]).sort();
    for (const member of members) {
      yield `${group}\t${member}\t${source}\t${nested.has(member) ? 'g' : 'u'}\n`;
    }
  }
}

/** Places of the users that a group lists, each once. */
export function usersOf({ start, stride, count }: UserRun, { users }: Shape): number[] {
  return Array.from({ length: count }, (_, i) => (start + i * stride) % users);
}

function childrenOf(groups: readonly PlannedGroup[]): number[][] {
  const children: number[][] = groups.map(() => []);
  for (const [index, { parents }] of groups.entries()) {
    for (const parent of parents) children[parent]?.push(index);
  }
  return children;
}
