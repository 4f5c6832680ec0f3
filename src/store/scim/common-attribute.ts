/** The common attributes `id`, `externalId`, `meta` and `schemas` of either table (RFC 7643 §3.1). */
import type { AttributePath } from '../../core/scim/attribute-path.ts';
import { matchesElement } from '../../core/scim/filter-evaluate.ts';
import type { Filter } from '../../core/scim/filter.ts';
import type { ResourceType } from '../../core/scim/registry.ts';
import type { Binder } from './binder.ts';
import { plainText, type ValueSql } from './value-sql.ts';
import type { View } from './view.ts';

/** What differs between the tables. */
export interface CommonParts {
  readonly alias: string;
  readonly type: ResourceType;
  readonly view: View;
  /** Expression of the externalId that the view's source gave; made when it is needed. */
  readonly externalId: () => string;
}

/** The value of a common attribute; null for `meta` as a whole, undefined for an attribute that is not common. */
export function commonValue(
  { alias, type, view, externalId }: CommonParts,
  path: AttributePath,
  binder: Binder,
): ValueSql | null | undefined {
  if (path.extension !== null) return undefined;
  switch (path.attribute.name) {
    case 'id':
      return { kind: 'uuid', column: `${alias}.id` };
    case 'externalId':
      return plainText(externalId());
    case 'meta':
      return metaValue({ alias, type, view }, path.sub?.name ?? '', binder);
    default:
      return undefined;
  }
}

function metaValue(
  { alias, type, view }: Pick<CommonParts, 'alias' | 'type' | 'view'>,
  name: string,
  binder: Binder,
): ValueSql | null {
  switch (name) {
    case 'created':
      return { kind: 'time', column: `${alias}.created_at` };
    case 'lastModified':
      return { kind: 'time', column: `${alias}.modified_at` };
    case 'resourceType':
      return plainText(`${binder.bind(type.name)}::text`);
    case 'version':
      return plainText(`('W/"' || ${alias}.version || '"')`);
    case 'location':
      return plainText(`(${binder.bind(`${view.baseUrl}${type.endpoint}/`)}::text || ${alias}.id)`);
    default:
      return null;
  }
}

/** A test of `schemas`: of each URN the answer is known, what is left to ask is which of them the resource carries. */
export function someSchema(type: ResourceType, test: Filter, carries: (urn: string) => string): string {
  if (matchesElement(test, type.core.id)) return 'true';
  const fitting = type.extensions.filter((extension) => matchesElement(test, extension.id));
  return fitting.length === 0 ? 'false' : `(${fitting.map(({ id }) => carries(id)).join(' or ')})`;
}
