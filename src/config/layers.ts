import { readFileSync } from 'node:fs';
import { errorCode } from '../core/error-code.ts';
import { SetupProblem } from '../core/setup-problem.ts';
import { pathOf, type SettingPath } from './names.ts';

/** One value of a setting as it was given, and where. */
export interface Given {
  readonly path: SettingPath;
  readonly value: unknown;
  /** `muster.json`, the variable's name, or the flag. */
  readonly origin: string;
}

/** The values in a settings file. Refuses one that is missing though asked for, or no JSON object. */
export function givenInFile(file: string, presence: 'required' | 'optional'): Given[] {
  const content = readTextFile(file);
  if (content === null) {
    if (presence === 'optional') return [];
    throw new SetupProblem(`The settings file ${file} does not exist.`);
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(content);
  } catch (error) {
    throw new SetupProblem(
      `The settings file ${file} is no JSON: ${error instanceof Error ? error.message : ''}`,
    );
  }
  if (!isTree(parsed)) throw new SetupProblem(`The settings file ${file} must hold a JSON object.`);
  // Editors find the schema by this key; it is no setting.
  return leaves(parsed, [], file).filter(({ path }) => path[0] !== '$schema');
}

/** The values in the environment; `NAME_FILE` names a file that holds the value of `NAME`. */
export function givenInEnvironment(environment: NodeJS.ProcessEnv): Given[] {
  const given: Given[] = [];
  for (const [variable, value] of Object.entries(environment)) {
    if (value === undefined || value === '') continue;
    const path = pathOf(variable.replace(/_FILE$/, ''));
    if (path === null) continue;
    if (!variable.endsWith('_FILE')) {
      given.push({ path, value, origin: variable });
      continue;
    }
    const direct = variable.slice(0, -'_FILE'.length);
    if ((environment[direct] ?? '') !== '')
      throw new SetupProblem(`${direct} and ${variable} are both set; leave one out.`);
    const content = readTextFile(value);
    if (content === null) throw new SetupProblem(`${variable} names a file that does not exist: ${value}`);
    given.push({ path, value: content.trim(), origin: variable });
  }
  return given;
}

/** One tree of all values, later ones over earlier, and the origin of each leaf by its dotted path. */
export function merge(given: readonly Given[]): { tree: Tree; origins: Map<string, string> } {
  const tree: Tree = emptyTree();
  const origins = new Map<string, string>();
  for (const { path, value, origin } of given) {
    let branch = tree;
    for (const step of path.slice(0, -1)) {
      const next = branch[step];
      branch = isTree(next) ? next : (branch[step] = emptyTree());
    }
    branch[path.at(-1) ?? ''] = value;
    origins.set(path.join('.'), origin);
  }
  return { tree, origins };
}

type Tree = Record<string, unknown>;

/** Without a prototype, so that a setting called `__proto__` is a stranger like any other. */
function emptyTree(): Tree {
  return Object.create(null) as Tree;
}

function leaves(tree: Tree, above: SettingPath, origin: string): Given[] {
  return Object.entries(tree).flatMap(([key, value]) => {
    const path = [...above, key];
    return isTree(value) && Object.keys(value).length > 0
      ? leaves(value, path, origin)
      : [{ path, value, origin }];
  });
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readTextFile(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw new SetupProblem(`${file} cannot be read: ${error instanceof Error ? error.message : ''}`);
  }
}
