/**
 * The form of a SCIM schema (RFC 7643 §7). A schema is written as data, with only what differs from the
 * defaults of §2.2; `defineSchema` fills in the rest. Every decision about an attribute (may it be written,
 * returned, compared, repeated) reads these characteristics and nothing else.
 */
import { Refusal } from '../refusal.ts';

export type AttributeType =
  'string' | 'boolean' | 'decimal' | 'integer' | 'dateTime' | 'binary' | 'reference' | 'complex';
export type Mutability = 'readOnly' | 'readWrite' | 'immutable' | 'writeOnly';
export type Returned = 'always' | 'never' | 'default' | 'request';
export type Uniqueness = 'none' | 'server' | 'global';

/** An attribute as a schema file writes it; what is absent has the default of RFC 7643 §2.2. */
export interface AttributeSource {
  readonly name: string;
  readonly type?: AttributeType;
  readonly description?: string;
  readonly multiValued?: boolean;
  readonly required?: boolean;
  readonly caseExact?: boolean;
  readonly mutability?: Mutability;
  readonly returned?: Returned;
  readonly uniqueness?: Uniqueness;
  readonly canonicalValues?: readonly string[];
  readonly referenceTypes?: readonly string[];
  readonly subAttributes?: readonly AttributeSource[];
}

/** A schema as a file writes it. */
export interface SchemaSource {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  readonly attributes: readonly AttributeSource[];
}

export interface Attribute {
  readonly name: string;
  readonly type: AttributeType;
  readonly description: string;
  readonly multiValued: boolean;
  readonly required: boolean;
  readonly caseExact: boolean;
  readonly mutability: Mutability;
  readonly returned: Returned;
  readonly uniqueness: Uniqueness;
  readonly canonicalValues: readonly string[];
  readonly referenceTypes: readonly string[];
  readonly subAttributes: readonly Attribute[];
}

export interface Schema {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly attributes: readonly Attribute[];
}

/** Types whose text is compared as written: RFC 7643 §2.3.6 (binary), §2.3.7 (reference). */
const EXACT_TYPES: ReadonlySet<AttributeType> = new Set(['binary', 'reference', 'dateTime']);
const ATTRIBUTE_NAME = /^\$?[A-Za-z][\w-]*$/;

/** Fills in the defaults of RFC 7643 §2.2. Refuses names that no path could reach, repeated names and complex inside complex. */
export function defineSchema(source: SchemaSource): Schema {
  if (!/^urn:[^\s[\]"()]+$/i.test(source.id)) {
    throw new Refusal('schema.invalid', { schema: source.id, why: 'its id must be a URN.' });
  }
  return {
    id: source.id,
    name: source.name,
    description: source.description ?? source.name,
    attributes: defineAttributes(source.attributes, source.id, 'simple or complex'),
  };
}

function defineAttributes(
  sources: readonly AttributeSource[],
  schema: string,
  allowed: 'simple or complex' | 'simple',
): readonly Attribute[] {
  const seen = new Set<string>();
  return sources.map((source) => {
    const key = source.name.toLowerCase();
    const fault = !ATTRIBUTE_NAME.test(source.name)
      ? `"${source.name}" is no attribute name.`
      : seen.has(key)
        ? `"${source.name}" is declared twice.`
        : source.type === 'complex' && allowed === 'simple'
          ? `"${source.name}" is complex inside a complex attribute.`
          : null;
    if (fault !== null) throw new Refusal('schema.invalid', { schema, why: fault });
    seen.add(key);
    return defineAttribute(source, schema);
  });
}

function defineAttribute(source: AttributeSource, schema: string): Attribute {
  const type = source.type ?? 'string';
  return {
    name: source.name,
    type,
    description: source.description ?? source.name,
    multiValued: source.multiValued ?? false,
    required: source.required ?? false,
    caseExact: source.caseExact ?? EXACT_TYPES.has(type),
    mutability: source.mutability ?? 'readWrite',
    returned: source.returned ?? 'default',
    uniqueness: source.uniqueness ?? 'none',
    canonicalValues: source.canonicalValues ?? [],
    referenceTypes: source.referenceTypes ?? [],
    subAttributes: defineAttributes(source.subAttributes ?? [], schema, 'simple'),
  };
}

/** The attribute of that name, compared without case (RFC 7643 §2.1). */
export function attributeNamed(attributes: readonly Attribute[], name: string): Attribute | null {
  const key = name.toLowerCase();
  return attributes.find((attribute) => attribute.name.toLowerCase() === key) ?? null;
}
