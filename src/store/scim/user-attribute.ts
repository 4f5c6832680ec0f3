/** What the attributes of a User are in SQL. */
import { isUuid } from '../../core/ids.ts';
import { foldText } from '../../core/names.ts';
import type { AttributePath } from '../../core/scim/attribute-path.ts';
import type { Filter } from '../../core/scim/filter.ts';
import type { ResourceType } from '../../core/scim/registry.ts';
import { externalIdIssuer } from '../users.ts';
import type { Binder } from './binder.ts';
import { commonValue, someSchema } from './common-attribute.ts';
import { conditionSql, elementVocabulary, type Vocabulary } from './condition.ts';
import { jsonVocabulary } from './json-attribute.ts';
import { affiliationsOfUserSql, groupsOfUserSql, keysOfUserSql, managerSql } from './user-facts.ts';
import { isIndexedPrefix, plainText, startsWithSql, type ValueSql } from './value-sql.ts';
import { inNamespace, ownSource, type View } from './view.ts';

/** Attributes of the document whose prefixes have an index, by path. */
const PREFIXES: Readonly<Record<string, string>> = {
  displayName: `left(u.search ->> 'displayName', 300)`,
  'name.familyName': `left(u.search #>> '{name,familyName}', 300)`,
  'name.givenName': `left(u.search #>> '{name,givenName}', 300)`,
};

type Leaf = Extract<Filter, { readonly kind: 'compare' }>;

/** The vocabulary of the table `users u`. */
export function userVocabulary(type: ResourceType, view: View, binder: Binder): Vocabulary {
  const json = jsonVocabulary('u', binder);
  const issuer = externalIdIssuer(view.source);
  const externalId = (): string => `(select k.value from identity_key k
    where k.user_n = u.n and k.kind = 'externalId' and k.issuer = ${binder.bind(issuer)}::text limit 1)`;
  const common = { alias: 'u', type, view, externalId };

  const value = (path: AttributePath): ValueSql | null => {
    const shared = commonValue(common, path, binder);
    if (shared !== undefined) return shared;
    if (path.extension === null && path.attribute.name === 'userName') {
      return { kind: 'text', exact: 'u.user_name', folded: 'u.user_name_key', prefix: 'u.user_name_key' };
    }
    if (path.extension === null && path.attribute.name === 'active')
      return { kind: 'boolean', column: 'u.active' };
    if (path.attribute.name === 'manager' && path.sub?.mutability === 'readOnly') {
      return managerValue(path, view, binder);
    }
    const read = json.value(path);
    const prefix = path.extension === null ? PREFIXES[nameOf(path)] : undefined;
    return read?.kind === 'text' && prefix !== undefined ? { ...read, prefix } : read;
  };

  return {
    value,
    present: (path) => (path.attribute.name === 'meta' ? 'true' : json.present(path)),
    indexed: (leaf) => {
      if (isOwn(leaf.path, 'externalId')) return externalIdSql(leaf, issuer, binder);
      return isOwn(leaf.path, 'userName') || isOwn(leaf.path, 'active') || commonName(leaf.path)
        ? null
        : json.indexed(leaf);
    },
    some: (path, test) => {
      if (isOwn(path, 'schemas'))
        return someSchema(type, test, (urn) => `u.document ? ${binder.bind(urn)}::text`);
      if (isOwn(path, 'groups')) return someGroup(test, view, binder);
      if (isOwn(path, 'emails')) return `(${json.some(path, test)}${emailPrefix(test, binder)})`;
      if (path.attribute.name === 'identityKeys') return someKey(test, issuer, binder);
      if (path.attribute.name === 'affiliations') return someAffiliation(test, binder);
      return json.some(path, test);
    },
  };
}

function nameOf({ attribute, sub }: AttributePath): string {
  return sub === null ? attribute.name : `${attribute.name}.${sub.name}`;
}

function isOwn({ extension, attribute }: AttributePath, name: string): boolean {
  return extension === null && attribute.name === name;
}

function commonName(path: AttributePath): boolean {
  return isOwn(path, 'id') || isOwn(path, 'meta') || path.sub?.mutability === 'readOnly';
}

function externalIdSql({ with: comparand }: Leaf, issuer: string, binder: Binder): string | null {
  if (comparand.kind !== 'text') return null;
  const { op, text } = comparand;
  const fits =
    op === 'eq'
      ? `k.value_key = ${binder.bind(text)}::text`
      : op === 'sw' && isIndexedPrefix(text)
        ? startsWithSql('left(k.value_key, 300)', text, binder)
        : null;
  if (fits === null) return null;
  return `u.n = any(array(select k.user_n from identity_key k where k.kind = 'externalId'
    and k.issuer = ${binder.bind(issuer)}::text and ${fits}))`;
}

/** What an index can say beforehand of `emails.value sw`; the document decides. */
function emailPrefix(test: Filter, binder: Binder): string {
  const leaves = test.kind === 'and' ? test.terms : [test];
  const prefixes = leaves.flatMap((leaf) =>
    leaf.kind === 'compare' &&
    leaf.path.sub?.name === 'value' &&
    leaf.with.kind === 'text' &&
    leaf.with.op === 'sw'
      ? [foldText(leaf.with.text)]
      : [],
  );
  const prefix = prefixes[0] ?? '';
  // Keys are trimmed; a prefix that starts with a space cannot be looked up among them.
  if (!isIndexedPrefix(prefix) || prefix.trim() !== prefix) return '';
  return ` and u.n = any(array(select k.user_n from identity_key k where k.kind = 'email'
    and ${startsWithSql('left(k.value_key, 300)', prefix, binder)}))`;
}

function managerValue(path: AttributePath, view: View, binder: Binder): ValueSql {
  const own = `${binder.bind(ownSource(view))}::int`;
  const expression =
    path.sub?.name === '$ref'
      ? managerSql(`${binder.bind(`${view.baseUrl}/Users/`)}::text || m.id`, own)
      : managerSql(`coalesce(m.search ->> 'displayName', m.user_name_key)`, own);
  return plainText(expression);
}

function someGroup(test: Filter, view: View, binder: Binder): string {
  const own = `${binder.bind(ownSource(view))}::int`;
  if (
    test.kind === 'compare' &&
    test.path.sub?.name === 'value' &&
    test.with.kind === 'text' &&
    test.with.op === 'eq'
  ) {
    const text = test.with.text.toLowerCase();
    if (!isUuid(text)) return 'false';
    return `(u.active and u.n in (
      select a.member_n from groups g join closure c on c.ancestor = g.n
      join assertion a on a.group_n = c.descendant and a.member_kind = 'u' and not a.suppressed
      where g.id = ${binder.bind(text)}::uuid and g.deleted_at is null and ${inNamespace('g', own)}))`;
  }
  const vocabulary = elementVocabulary(({ sub }) => {
    switch (sub?.name) {
      case 'value':
        return plainText('g.id::text');
      case 'display':
        return { kind: 'text', exact: 'g.name', folded: 'g.name_key' };
      case 'type':
        return plainText(`(case when m.direct then 'direct' else 'indirect' end)`);
      case '$ref':
        return plainText(`(${binder.bind(`${view.baseUrl}/Groups/`)}::text || g.id)`);
      default:
        return null;
    }
  }, 'true');
  return `exists (select from ${groupsOfUserSql(own)} where u.active and ${conditionSql(test, vocabulary, binder)})`;
}

function someKey(test: Filter, issuer: string, binder: Binder): string {
  const columns: Readonly<Record<string, string>> = {
    kind: 'k.kind',
    issuer: `nullif(k.issuer, '')`,
    value: 'k.value',
  };
  const vocabulary = elementVocabulary(({ sub }) => {
    const column = columns[sub?.name ?? ''];
    return column === undefined ? null : plainText(column);
  }, 'true');
  const keys = keysOfUserSql(`${binder.bind(issuer)}::text`);
  return `exists (select from ${keys} where ${conditionSql(test, vocabulary, binder)})`;
}

function someAffiliation(test: Filter, binder: Binder): string {
  const vocabulary = elementVocabulary(() => ({ kind: 'text', exact: 'f.name', folded: 'f.key' }), 'true');
  return `exists (select from ${affiliationsOfUserSql} where ${conditionSql(test, vocabulary, binder)})`;
}
