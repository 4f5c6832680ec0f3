/** The routes of this door as the reference tells of them; resources have the shape of the registry's schemas. */
import { z } from 'zod';
import type { Attribute, Schema } from '../../core/scim/schema.ts';
import type { Registry, ResourceType } from '../../core/scim/registry.ts';
import { answers, answersNothing, type AnswerShape, type Operation, takes } from '../../http/operation.ts';
import { SCIM_BASE_PATH } from './address.ts';
import { type Method, routes } from './routes.ts';

const SCIM = 'application/scim+json';
const BODIES = [SCIM, 'application/json'];
const tag = 'SCIM 2.0';

const problem = {
  [SCIM]: z
    .looseObject({
      schemas: z.array(z.string()),
      status: z.string(),
      scimType: z.string().optional(),
      detail: z.string().optional(),
    })
    .meta({ id: 'ScimError' }),
};

const attributes = {
  attributes: z.string().describe('Attributes to answer, by comma.'),
  excludedAttributes: z.string().describe('Attributes to leave out, by comma.'),
};
const list = {
  filter: z.string().describe('RFC 7644 §3.4.2.2, such as userName eq "ada".'),
  sortBy: z.string(),
  sortOrder: z.enum(['ascending', 'descending']),
  startIndex: z.int().min(1),
  count: z.int().min(0),
  cursor: z.string().describe('RFC 9865; empty for the first page.'),
  ...attributes,
};

const open = z.record(z.string(), z.unknown());
const search = z.object({ schemas: z.array(z.string()).optional(), ...list }).partial();
const patch = z
  .looseObject({
    schemas: z.array(z.string()),
    Operations: z.array(
      z.looseObject({ op: z.string(), path: z.string().optional(), value: z.unknown().optional() }),
    ),
  })
  .meta({ id: 'ScimPatch' });
const bulk = z
  .looseObject({ schemas: z.array(z.string()), failOnErrors: z.int().optional(), Operations: z.array(open) })
  .meta({ id: 'ScimBulk' });

/** Tells of the endpoints with the schemas that the registry has, an operator's own among them. */
export function scimOperations(registry: Registry): readonly Operation[] {
  const user = resourceShape(registry.user).meta({ id: 'ScimUser' });
  const group = resourceShape(registry.group).meta({ id: 'ScimGroup' });
  const shapes: Shapes = { '/users': user, '/groups': group };
  const table = Object.entries(routes).flatMap(([pattern, methods]) =>
    Object.entries(methods).map(([method, { scope }]): Operation => ({
      method: method as Method,
      path: `${SCIM_BASE_PATH}${shownPath(pattern)}`,
      tag,
      scope,
      problem,
      ...told(shapes, pattern, method as Method),
    })),
  );
  return [...discovery, ...table];
}

type Shapes = Readonly<Record<string, z.ZodType>>;
type Told = Pick<Operation, 'summary' | 'query' | 'body' | 'answers'>;

const discovery = (
  ['ServiceProviderConfig', 'ResourceTypes', 'ResourceTypes/{id}', 'Schemas', 'Schemas/{id}'] as const
).map((name): Operation => ({
  method: 'GET',
  path: `${SCIM_BASE_PATH}/${name}`,
  tag,
  scope: null,
  summary: 'Discovery (RFC 7644 §4)',
  query: {},
  body: null,
  answers: { 200: inScim(open) },
  problem,
}));

const names: Readonly<Record<string, string>> = {
  '/users': '/Users',
  '/groups': '/Groups',
  '/me': '/Me',
  '/bulk': '/Bulk',
};

function shownPath(pattern: string): string {
  const [, first = '', second] = pattern.split('/');
  const endpoint = names[`/${first}`] ?? `/${first}`;
  return second === undefined ? endpoint : `${endpoint}/${second === '*' ? '{id}' : second}`;
}

function told(shapes: Shapes, pattern: string, method: Method): Told {
  const endpoint = `/${pattern.split('/')[1] ?? ''}`;
  const shape = shapes[endpoint] ?? open;
  const what = endpoint === '/users' ? 'user' : endpoint === '/groups' ? 'group' : 'resource';
  const body = { query: attributes, body: takes(shape, BODIES) };
  if (pattern === '/me') {
    return { summary: 'The user behind the request; a client is none', query: {}, body: null, answers: {} };
  }
  if (pattern === '/bulk') {
    return {
      summary: 'Many operations at once',
      query: {},
      body: takes(bulk, BODIES),
      answers: { 200: inScim(open, 'Muster-Cursor') },
    };
  }
  if (pattern.endsWith('.search')) {
    return {
      summary: 'Searches by a body',
      query: {},
      body: takes(search, BODIES),
      answers: { 200: listOf(shape) },
    };
  }
  if (!pattern.endsWith('*') && method === 'GET') {
    return {
      summary: `Lists and searches: every ${what}`,
      query: list,
      body: null,
      answers: { 200: listOf(shape) },
    };
  }
  switch (method) {
    case 'GET': {
      const seen = { 200: inScim(shape, 'ETag'), 304: answersNothing('ETag') };
      return { summary: `One ${what}`, query: attributes, body: null, answers: seen };
    }
    case 'POST':
      return {
        summary: `Creates a ${what}`,
        ...body,
        answers: { 201: inScim(shape, 'Location', 'ETag', 'Muster-Cursor') },
      };
    case 'PUT':
      return {
        summary: `Replaces a ${what}`,
        ...body,
        answers: { 200: inScim(shape, 'ETag', 'Muster-Cursor') },
      };
    case 'PATCH': {
      const changed = {
        200: inScim(shape, 'ETag', 'Muster-Cursor'),
        204: answersNothing('ETag', 'Muster-Cursor'),
      };
      return {
        summary: `Changes a ${what}`,
        query: attributes,
        body: takes(patch, BODIES),
        answers: changed,
      };
    }
    case 'DELETE':
      return {
        summary: `Deletes a ${what}`,
        query: {},
        body: null,
        answers: { 204: answersNothing('Muster-Cursor') },
      };
  }
}

function inScim(shape: z.ZodType, ...headers: AnswerShape['headers']): AnswerShape {
  return { ...answers(shape, ...headers), content: { [SCIM]: shape } };
}

function listOf(shape: z.ZodType): AnswerShape {
  return inScim(
    z.object({
      schemas: z.array(z.string()),
      totalResults: z.int().optional(),
      startIndex: z.int().optional(),
      itemsPerPage: z.int().optional(),
      nextCursor: z.string().optional(),
      previousCursor: z.string().optional(),
      Resources: z.array(shape).optional(),
    }),
  );
}

/** Attributes may always be missing: a projection leaves them out, and an absent one is none (RFC 7643 §2.5). */
function resourceShape({ common, core, extensions }: ResourceType): z.ZodObject {
  return z.object({
    schemas: z.array(z.string()),
    ...attributeShapes(common),
    ...attributeShapes(core),
    ...Object.fromEntries(
      extensions.map((extension) => [extension.id, z.object(attributeShapes(extension)).optional()]),
    ),
  });
}

function attributeShapes({
  attributes: all,
}: Pick<Schema, 'attributes'>): Readonly<Record<string, z.ZodType>> {
  return Object.fromEntries(
    all
      .filter(({ name }) => name !== 'schemas')
      .map((attribute) => [attribute.name, attributeShape(attribute)]),
  );
}

function attributeShape(attribute: Attribute): z.ZodType {
  const { multiValued, subAttributes, mutability, description } = attribute;
  const one =
    attribute.type === 'complex'
      ? z.object(attributeShapes({ attributes: subAttributes }))
      : simple[attribute.type];
  const whole = (multiValued ? z.array(one) : one).optional().describe(description);
  return mutability === 'readOnly' ? whole.meta({ readOnly: true }) : whole;
}

const simple = {
  string: z.string(),
  boolean: z.boolean(),
  decimal: z.number(),
  integer: z.int(),
  dateTime: z.iso.datetime({ offset: true }),
  binary: z.string(),
  reference: z.string(),
} as const;
