/** Memberships in the portal's group format (docs/csv-formats.md), and back. */
import { parse } from 'csv-parse/sync';
import { valuesOf } from '../user-values.ts';
import { FOREIGN, type FileUser, type Model } from './model.ts';
import type { FileSettings } from './settings.ts';

const HEADER = 'group,role,username,isgroup,action\n';

type Portal = Pick<FileSettings, 'userValue' | 'replaces'>;

/** Rows of all memberships; with `replaces` each group is emptied first, and so are groups that left. */
export function* portalRows(
  { users, groups, left }: Model,
  { userValue, replaces }: Portal,
): Generator<string> {
  yield HEADER;
  if (replaces) for (const name of left) yield row([name, '', '*', 'false', 'delete']);
  for (const { name, roles, members } of groups.values()) {
    if (replaces) yield row([name, roles.join(';'), '*', 'false', 'delete']);
    for (const id of members) {
      const user = users.get(id);
      const value = user === undefined ? null : nameOf(user, userValue);
      if (value !== null) yield row([name, roles.join(';'), value, 'false', 'import']);
    }
  }
}

/** Puts the memberships that a file states into a model that knows its users and groups. */
export function readPortalRows(text: string, model: Model, { userValue }: Portal): void {
  const users = new Map<string, string>();
  for (const user of model.users.values()) {
    const value = nameOf(user, userValue);
    if (value !== null) users.set(value.toLowerCase(), user.id);
  }
  const groups = new Map([...model.groups.values()].map((group) => [group.name.toLowerCase(), group]));
  const rows = parse(text, { columns: true, relax_column_count: true, skip_empty_lines: true, bom: true });
  for (const { group = '', username = '', action = '' } of rows as readonly Record<string, string>[]) {
    if (username === '*' || action === 'delete') continue;
    const known = users.get(username.toLowerCase());
    groups.get(group.toLowerCase())?.members.add(known ?? `${FOREIGN}${username}`);
  }
}

/** Who is called so would be everybody: that is what it means in the column of names. */
const EVERYBODY = '*';

/** What a user is called in the file; null for one who cannot be named. */
export function nameOf({ id, userName, active, attributes, roles }: FileUser, path: string): string | null {
  const [name = null] = valuesOf({ id, userName, active, attributes, roles }, path);
  return name === EVERYBODY ? null : name;
}

function row(cells: readonly string[]): string {
  return `${cells.map(cell).join(',')}\n`;
}

function cell(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
