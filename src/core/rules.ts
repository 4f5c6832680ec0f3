/**
 * Rules of groups (D-15): a filter over users, of what stands in the user's own record. The typed tree is kept with
 * the text, so that a rule means the same whatever schemas an operator loads later.
 */
import { type AttributePath, spellPath } from './scim/attribute-path.ts';
import type { Filter } from './scim/filter.ts';
import { matches } from './scim/filter-evaluate.ts';
import { parseFilter } from './scim/filter-parse.ts';
import { invalid } from './scim/filter-text.ts';
import type { JsonObject } from './scim/json.ts';
import type { Registry } from './scim/registry.ts';
import type { Attribute } from './scim/schema.ts';

export interface Rule {
  /** As it was written. */
  readonly text: string;
  readonly filter: Filter;
}

/** What a rule sees of a user. */
export interface RuleSubject {
  readonly id: string;
  readonly userName: string | null;
  readonly active: boolean;
  readonly createdAt: Date;
  /** SCIM attributes but these, in canonical spelling. */
  readonly document: Readonly<Record<string, unknown>>;
}

/**
 * Reads a rule; `department` may stand for the attribute of the enterprise extension (D-15). Refuses (`filter.invalid`) what is no filter over users, and attributes that change without the user's
 * own record: `groups` and `affiliations` (rules would follow rules), `externalId` and identity keys (each source has
 * its own), names of the manager, versions and addresses.
 */
export function readRule({ user }: Registry, text: string): Rule {
  const written = text.trim();
  const filter = parseFilter(user, written, { looseValues: 'refuse', bareExtensions: 'accept' });
  for (const path of pathsIn(filter)) {
    if (!isOfRecord(path)) throw invalid(`a rule cannot look at "${spellPath(path)}".`);
  }
  return { text: written, filter: bare(filter) };
}

/** True when the user fits the rule. Stubs fit none: of them only keys are known. */
export function fitsRule(filter: Filter, subject: RuleSubject): boolean {
  return matches(filter, documentOf(subject));
}

/** The smallest parts of a rule that a user fails, each of which has to change; none for a user that fits. */
export function failingTerms(filter: Filter, subject: RuleSubject): readonly Filter[] {
  return failing(filter, documentOf(subject));
}

/** Of alternatives that all fail, the whole is what fails: any one of them would do. */
function failing(filter: Filter, document: JsonObject): readonly Filter[] {
  if (matches(filter, document)) return [];
  return filter.kind === 'and' ? filter.terms.flatMap((term) => failing(term, document)) : [filter];
}

function documentOf({ id, userName, active, createdAt, document }: RuleSubject): JsonObject {
  return {
    ...(document as JsonObject),
    id,
    ...(userName === null ? {} : { userName }),
    active,
    meta: { created: createdAt.toISOString() },
  };
}

function isOfRecord({ extension, attribute, sub }: AttributePath): boolean {
  if (extension === null && attribute.name === 'meta') return sub?.name === 'created';
  if (extension === null && attribute.name === 'id') return true;
  if (extension === null && attribute.name === 'externalId') return false;
  return attribute.mutability !== 'readOnly' && sub?.mutability !== 'readOnly';
}

function pathsIn(filter: Filter): readonly AttributePath[] {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.terms.flatMap(pathsIn);
    case 'not':
      return pathsIn(filter.term);
    case 'some':
      return [filter.path, ...pathsIn(filter.test)];
    default:
      return [filter.path];
  }
}

/** The tree without what only reading one needs: sub-attributes of attributes, attributes of schemas. */
function bare(filter: Filter): Filter {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return { ...filter, terms: filter.terms.map(bare) };
    case 'not':
      return { ...filter, term: bare(filter.term) };
    case 'some':
      return { ...filter, path: barePath(filter.path), test: bare(filter.test) };
    default:
      return { ...filter, path: barePath(filter.path) };
  }
}

function barePath({ extension, attribute, sub }: AttributePath): AttributePath {
  const alone = (one: Attribute): Attribute => ({ ...one, description: '', subAttributes: [] });
  return {
    extension: extension === null ? null : { ...extension, attributes: [] },
    attribute: alone(attribute),
    sub: sub === null ? null : alone(sub),
  };
}
