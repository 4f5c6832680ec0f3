/** A setting's place in the tree, such as `['feeds', 'hr', 'createRoles']`. */
export type SettingPath = readonly string[];

/** These two have the names that every tool of the trade gives them. */
const customary = new Map([
  ['databaseUrl', 'DATABASE_URL'],
  ['databaseDirectUrl', 'DATABASE_DIRECT_URL'],
]);

const PREFIX = 'MUSTER_';

/** Variables of ours that are no settings: the settings file, and what only the test suite reads. */
const aside = /^MUSTER_(CONFIG$|TEST_|BENCH_)/;

/** The variable of a setting: `feeds.hr.createRoles` is `MUSTER_FEEDS__HR__CREATE_ROLES`. */
export function variableOf(path: SettingPath): string {
  const known = customary.get(path.join('.'));
  return known ?? PREFIX + path.map(shout).join('__');
}

/** The setting that a variable means, known or not; null for a variable that is none of ours. */
export function pathOf(variable: string): SettingPath | null {
  for (const [path, name] of customary) if (variable === name) return [path];
  if (!variable.startsWith(PREFIX) || aside.test(variable)) return null;
  const parts = variable.slice(PREFIX.length).split('__');
  return parts.map((part, at) => (parts[0] === 'FEEDS' && at === 1 ? part.toLowerCase() : camel(part)));
}

function shout(name: string): string {
  return name
    .replaceAll(/([A-Z])/g, '_$1')
    .replaceAll(/[.-]/g, '_')
    .toUpperCase();
}

function camel(part: string): string {
  return part.toLowerCase().replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
