/**
 * Names that groups bear at a target (O-09). Each is made by a template, cut and folded as the target folds,
 * and reserved: two groups whose names fold together are never merged, the second is blocked.
 */

/** What a template may name. */
export interface NamedGroup {
  readonly id: string;
  readonly name: string;
}

/** How a target compares names, and the longest one that it keeps whole. */
export interface NameRules {
  readonly template: string;
  /** Of groups that stand for a role (O-10). */
  readonly roleTemplate: string;
  readonly fold: 'exact' | 'case' | 'ascii';
  readonly longest: number;
}

const FIELD = /\{([a-zA-Z]*)\}/g;

/** What is wrong with a template, as a sentence; null when it is good. */
export function faultOfTemplate(template: string): string | null {
  const fields = [...template.matchAll(FIELD)].map((match) => match[1]);
  const unknown = fields.find((field) => field !== 'name' && field !== 'id');
  if (unknown !== undefined) return `The name template knows {name} and {id}, not {${unknown}}.`;
  if (fields.length === 0)
    return 'The name template must contain {name} or {id}, or all groups would be one.';
  return null;
}

/** The name of a group at the target. Not cut: a name too long for the target is refused by {@link faultOfTargetName}. */
export function targetName(group: NamedGroup, template: string): string {
  return template
    .replaceAll(FIELD, (_whole, field: string) => (field === 'id' ? group.id : group.name))
    .trim();
}

/** What is wrong with a rendered name, as a sentence; null when it is good. Names are never cut: cutting merges groups. */
export function faultOfTargetName(name: string, rules: Pick<NameRules, 'longest'>): string | null {
  if (name === '') return 'The name at the target would be empty.';
  const length = Array.from(name).length;
  return length > rules.longest
    ? `The name at the target would have ${length} characters; it takes ${rules.longest}.`
    : null;
}

/** The form under which the target takes two names for one. */
export function foldTargetName(name: string, fold: NameRules['fold']): string {
  const normal = name.normalize('NFC');
  switch (fold) {
    case 'exact':
      return normal;
    case 'case':
      return normal.toLowerCase().replaceAll('ß', 'ss').replaceAll('ς', 'σ').normalize('NFC');
    case 'ascii':
      return normal
        .normalize('NFD')
        .replaceAll(/\p{M}/gu, '')
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, '-');
  }
}
