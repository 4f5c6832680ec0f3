/** What the layout of its files says of a run. */
import type { Layout } from '../../core/feeds/layout.ts';
import type { ImportRun } from '../../directory/imports.ts';

/** What a snapshot tells of, by the columns of its files. */
export function tellsOf(layouts: readonly Layout[]): ImportRun['tells'] {
  const told = layouts.map((layout) => toldBy(layout));
  return {
    people: told.some(({ people }) => people),
    memberships: told.some(({ memberships }) => memberships),
  };
}

function toldBy({ format, columns }: Layout): NonNullable<ImportRun['tells']> {
  switch (format.name) {
    case 'users':
      return { people: true, memberships: columns.includes('groups') };
    case 'mapped':
      return { people: true, memberships: true };
    case 'groups':
      return { people: false, memberships: false };
    default:
      return { people: false, memberships: true };
  }
}

/** The formats of the files of a run. */
export function formatOf(layouts: readonly Layout[]): string {
  return [...new Set(layouts.map((layout) => layout.format.name))].join('+');
}
