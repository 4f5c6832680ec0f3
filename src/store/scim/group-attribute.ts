/** What the attributes of a Group are in SQL. */
import { isUuid } from '../../core/ids.ts';
import type { AttributePath } from '../../core/scim/attribute-path.ts';
import type { Filter } from '../../core/scim/filter.ts';
import type { ResourceType } from '../../core/scim/registry.ts';
import { musterGroupSchema } from '../../core/scim/schemas/muster-group.ts';
import type { Binder } from './binder.ts';
import { commonValue, someSchema } from './common-attribute.ts';
import { conditionSql, elementVocabulary, type Vocabulary } from './condition.ts';
import { jsonVocabulary } from './json-attribute.ts';
import { memberVocabulary } from './member-attribute.ts';
import { isVisibleMember, joinMembersSql } from './member-rows.ts';
import { foldedText, isIndexedPrefix, plainText, startsWithSql, type ValueSql } from './value-sql.ts';
import { inNamespace, ownSource, type View } from './view.ts';

/** Columns that carry Muster's extension. */
const EXTENSION_VALUES: Readonly<Record<string, ValueSql>> = {
  description: foldedText('g.description', `(g.search ->> 'description')`),
  internal: { kind: 'boolean', column: 'g.internal' },
  hidden: { kind: 'boolean', column: 'g.hidden' },
  open: { kind: 'boolean', column: 'g.open' },
  public: { kind: 'boolean', column: 'g.public' },
  restricted: { kind: 'boolean', column: 'g.restricted' },
  autoLeave: plainText('g.auto_leave'),
  kind: plainText('g.kind'),
  rule: plainText('g.rule'),
  reservedTo: plainText('(select s.name from source s where s.n = g.reserved_to)'),
};

/** The vocabulary of the table `groups g`. */
export function groupVocabulary(type: ResourceType, view: View, binder: Binder): Vocabulary {
  const json = jsonVocabulary('g', binder);
  const externalId = (): string => `(select e.value from group_external_id e
    where e.group_n = g.n and e.source_n = ${binder.bind(view.source)}::int)`;
  const common = { alias: 'g', type, view, externalId };
  const isExtension = ({ extension }: AttributePath): boolean => extension?.id === musterGroupSchema.id;

  const value = (path: AttributePath): ValueSql | null => {
    const shared = commonValue(common, path, binder);
    if (shared !== undefined) return shared;
    if (isExtension(path)) return EXTENSION_VALUES[path.attribute.name] ?? null;
    return path.attribute.name === 'displayName' && path.extension === null
      ? { ...foldedText('g.name', 'g.name_key'), prefix: 'g.name_key' }
      : json.value(path);
  };

  return {
    value,
    present: (path) => (path.attribute.name === 'meta' ? 'true' : json.present(path)),
    indexed: ({ path, with: comparand }) => {
      if (path.extension !== null || path.attribute.name !== 'externalId') return null;
      if (comparand.kind !== 'text') return null;
      const { op, text } = comparand;
      const fits =
        op === 'eq'
          ? `e.value = ${binder.bind(text)}::text`
          : op === 'sw' && isIndexedPrefix(text)
            ? startsWithSql('left(e.value, 300)', text, binder)
            : null;
      return fits === null
        ? null
        : `g.n = any(array(select e.group_n from group_external_id e
            where e.source_n = ${binder.bind(view.source)}::int and ${fits}))`;
    },
    some: (path, test) => {
      if (isExtension(path)) return someRole(test, binder);
      if (path.extension === null && path.attribute.name === 'members') return someMember(test, view, binder);
      if (path.extension === null && path.attribute.name === 'schemas') {
        return someSchema(type, test, (urn) =>
          urn === musterGroupSchema.id ? 'true' : `g.document ? ${binder.bind(urn)}::text`,
        );
      }
      return json.some(path, test);
    },
  };
}

function someRole(test: Filter, binder: Binder): string {
  const vocabulary = elementVocabulary(() => foldedText('r.name', 'r.name_key'), 'true');
  return `exists (select from group_role gr join role r on r.n = gr.role_n
    where gr.group_n = g.n and ${conditionSql(test, vocabulary, binder)})`;
}

/** A test of the members; of one member by its id, as providers ask, through the index of that member. */
function someMember(test: Filter, view: View, binder: Binder): string {
  const own = `${binder.bind(ownSource(view))}::int`;
  const isById = test.kind === 'compare' && test.path.sub?.name === 'value' && test.with.op === 'eq';
  if (isById && test.with.kind === 'text') {
    const id = test.with.text;
    if (!isUuid(id) || id !== id.toLowerCase()) return 'false';
    const named = `${binder.bind(id)}::uuid`;
    return `g.n in (
      select a.group_n from assertion a
      where not a.suppressed and a.member_n = any(array(
        select mu.n from users mu where mu.id = ${named} and mu.deleted_at is null
          and (not mu.stub or mu.user_name is not null) and ${inNamespace('mu', own)}
        union all
        select mg.n from groups mg where mg.id = ${named} and mg.deleted_at is null and ${inNamespace('mg', own)})))`;
  }
  return `exists (
    select from (select distinct group_n, member_n from assertion where group_n = g.n and not suppressed) a
    ${joinMembersSql(own)} where ${isVisibleMember} and ${conditionSql(test, memberVocabulary(view, binder), binder)})`;
}
