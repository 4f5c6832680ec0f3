/** Where a page stands: in the menu, and on the way to it. */
import type { Crumb } from './frame/page.tsx';

/** Something with a page: its name and its address. */
export interface Place {
  readonly name: string;
  readonly path: string;
}

/** The place of a page that is about one thing of a section, such as a question about one target. */
export function placeBelow(
  section: Place,
  { name, path }: Place,
): { readonly at: string; readonly crumbs: readonly Crumb[] } {
  return {
    at: section.path,
    crumbs: [
      { text: section.name, href: section.path },
      { text: name, href: path },
    ],
  };
}
