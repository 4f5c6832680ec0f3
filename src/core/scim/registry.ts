/**
 * The registry: the resource types with the schemas that describe them. Validation, coercion, mutability,
 * filters, PATCH, answers and discovery read it and decide nothing by themselves.
 */
import { z } from 'zod';
import { Refusal } from '../refusal.ts';
import { type Attribute, type Schema, type SchemaSource, defineSchema } from './schema.ts';
import { commonAttributes } from './schemas/common.ts';
import { enterpriseUserSchema } from './schemas/enterprise-user.ts';
import { groupSchema } from './schemas/group.ts';
import { musterGroupSchema } from './schemas/muster-group.ts';
import { musterUserSchema } from './schemas/muster-user.ts';
import { userSchema } from './schemas/user.ts';

export interface ResourceType {
  readonly name: 'User' | 'Group';
  /** Path below the base URL, `/Users` or `/Groups`. */
  readonly endpoint: string;
  readonly description: string;
  readonly common: Schema;
  readonly core: Schema;
  readonly extensions: readonly Schema[];
}

export interface Registry {
  readonly user: ResourceType;
  readonly group: ResourceType;
}

/** Builds the registry of the built-in schemas and the operator's own extensions. Refuses an id that is taken. */
export function buildRegistry(own: readonly SchemaSource[]): Registry {
  const common = defineSchema(commonAttributes);
  const taken = new Set([userSchema.id, groupSchema.id, commonAttributes.id].map((id) => id.toLowerCase()));
  const extensions = [enterpriseUserSchema, musterUserSchema, musterGroupSchema, ...own].map((source) => {
    const schema = defineSchema(source);
    if (taken.has(schema.id.toLowerCase())) {
      throw new Refusal('schema.invalid', { schema: schema.id, why: 'its id is taken.' });
    }
    taken.add(schema.id.toLowerCase());
    return schema;
  });
  return {
    user: {
      name: 'User',
      endpoint: '/Users',
      description: 'User accounts',
      common,
      core: defineSchema(userSchema),
      extensions: extensions.filter((schema) => extendedBy(schema.id) === 'User'),
    },
    group: {
      name: 'Group',
      endpoint: '/Groups',
      description: 'Groups of users and of groups',
      common,
      core: defineSchema(groupSchema),
      extensions: extensions.filter((schema) => extendedBy(schema.id) === 'Group'),
    },
  };
}

/** The registry as a client without the scope `groups.govern` has it: the flags of groups are readOnly. */
export function withoutGovernance(registry: Registry): Registry {
  const locked = (schema: Schema): Schema =>
    schema.id === musterGroupSchema.id
      ? {
          ...schema,
          attributes: schema.attributes.map((attribute) => ({ ...attribute, mutability: 'readOnly' })),
        }
      : schema;
  return { ...registry, group: { ...registry.group, extensions: registry.group.extensions.map(locked) } };
}

/** The schemas of the registry, each once, in the order discovery lists them. */
export function schemasOf(registry: Registry): readonly Schema[] {
  return [registry.user.core, registry.group.core, ...registry.user.extensions, ...registry.group.extensions];
}

/** The extension of that URN, compared without case; null when the resource type has none. */
export function extensionOf(type: ResourceType, urn: string): Schema | null {
  const key = urn.toLowerCase();
  return type.extensions.find((schema) => schema.id.toLowerCase() === key) ?? null;
}

const attributeSource: z.ZodType<SchemaSource['attributes'][number]> = z.lazy(() =>
  z.strictObject({
    name: z.string(),
    type: z
      .enum(['string', 'boolean', 'decimal', 'integer', 'dateTime', 'binary', 'reference', 'complex'])
      .exactOptional(),
    description: z.string().exactOptional(),
    multiValued: z.boolean().exactOptional(),
    required: z.literal(false).exactOptional(),
    caseExact: z.boolean().exactOptional(),
    mutability: z.enum(['readWrite', 'immutable']).exactOptional(),
    returned: z.enum(['always', 'default', 'request']).exactOptional(),
    uniqueness: z.literal('none').exactOptional(),
    canonicalValues: z.array(z.string()).exactOptional(),
    referenceTypes: z.array(z.string()).exactOptional(),
    subAttributes: z.array(attributeSource).exactOptional(),
  }),
);

const schemaSource = z.looseObject({
  id: z.string(),
  name: z.string(),
  description: z.string().exactOptional(),
  attributes: z.array(attributeSource).min(1),
});

/**
 * Reads an operator's extension from the JSON of its file: a schema in the form of RFC 7643 §7 whose URN ends
 * in `:User` or `:Group`, which says what it extends. Refuses what Muster could not keep its word about:
 * required, unique, write-only or unreturned attributes.
 */
export function readSchemaFile(file: string, json: unknown): SchemaSource {
  const parsed = schemaSource.safeParse(json);
  if (!parsed.success)
    throw new Refusal('schema.invalid', { schema: file, why: z.prettifyError(parsed.error) });
  const { id, name, description, attributes } = parsed.data;
  if (extendedBy(id) === null) {
    throw new Refusal('schema.invalid', { schema: file, why: `its id ${id} must end in :User or :Group.` });
  }
  return { id, name, attributes, ...(description === undefined ? {} : { description }) };
}

function extendedBy(urn: string): 'User' | 'Group' | null {
  const last = urn.slice(urn.lastIndexOf(':') + 1).toLowerCase();
  return last === 'user' ? 'User' : last === 'group' ? 'Group' : null;
}

/** Sub-attribute that stands for a complex attribute when none is named: `value` (RFC 7644 §3.4.2.2). */
export function valueOf(attribute: Attribute): Attribute | null {
  return attribute.subAttributes.find((sub) => sub.name === 'value') ?? null;
}
