/**
 * Nesting rows in file order (F-09, F-10): each row meets the nestings as the rows before it left them, so a
 * file may turn a nesting round by deleting it first. A row that would close a cycle is refused with its path
 * and changes nothing for the rows after it.
 */

/** A nesting by the keys of the two groups' names: `group` contains `member`. */
export interface Nesting {
  readonly group: string;
  readonly member: string;
}

export type NestingStep =
  | (Nesting & { readonly line: number; readonly kind: 'nest' | 'unnest' })
  | { readonly line: number; readonly kind: 'unnest-all'; readonly group: string };

/**
 * The lines that are refused, each with the cycle that it would close: group, member, …, group.
 * `current` must hold every nesting on a way up from a group of a step; others do not matter.
 */
export function refuseCycles(
  current: Iterable<Nesting>,
  steps: readonly NestingStep[],
): Map<number, readonly string[]> {
  const parents = new Map<string, Set<string>>();
  const children = new Map<string, Set<string>>();
  const nest = ({ group, member }: Nesting): void => {
    entry(parents, member).add(group);
    entry(children, group).add(member);
  };
  const unnest = ({ group, member }: Nesting): void => {
    parents.get(member)?.delete(group);
    children.get(group)?.delete(member);
  };
  for (const nesting of current) nest(nesting);
  const refused = new Map<number, readonly string[]>();
  for (const step of steps) {
    switch (step.kind) {
      case 'unnest-all':
        for (const member of children.get(step.group) ?? []) parents.get(member)?.delete(step.group);
        children.delete(step.group);
        break;
      case 'unnest':
        unnest(step);
        break;
      case 'nest': {
        const way = wayUp(parents, step.group, step.member);
        if (way === null) nest(step);
        else refused.set(step.line, [step.group, ...way]);
        break;
      }
    }
  }
  return refused;
}

/** The shortest chain of containing groups from `top` down to `from`; null when `top` does not contain `from`. */
function wayUp(parents: ReadonlyMap<string, Set<string>>, from: string, top: string): string[] | null {
  const below = new Map<string, string>();
  const queue = [from];
  for (const group of queue) {
    if (group === top) return chain(below, from, top);
    for (const parent of parents.get(group) ?? []) {
      if (parent === from || below.has(parent)) continue;
      below.set(parent, group);
      queue.push(parent);
    }
  }
  return null;
}

function chain(below: ReadonlyMap<string, string>, from: string, top: string): string[] {
  const way = [top];
  for (let group = top; group !== from;) {
    group = below.get(group) ?? from;
    way.push(group);
  }
  return way;
}

function entry(sets: Map<string, Set<string>>, key: string): Set<string> {
  const found = sets.get(key) ?? new Set<string>();
  sets.set(key, found);
  return found;
}
