/** The groups of a scope, as people write them. */
import { findGroupCalled } from '../../../store/lookup.ts';
import type { Connection } from '../../../store/database.ts';

export type ReadScope =
  | { readonly kind: 'groups'; readonly ids: readonly string[] }
  | { readonly kind: 'unknown'; readonly name: string };

const MOST_LINES = 1_000;

/** Names or ids, one on each line; the first that is no group is named. */
export async function readScope(connection: Connection, text: string): Promise<ReadScope> {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .slice(0, MOST_LINES);
  const ids: string[] = [];
  for (const line of lines) {
    const group = await findGroupCalled(connection, line);
    if (group === null) return { kind: 'unknown', name: line };
    ids.push(group.id);
  }
  return { kind: 'groups', ids };
}
