/** The reference of all doors as one OpenAPI 3.1 document, made of what their tables of routes tell. */
import { z } from 'zod';
import { scopes } from '../core/scopes.ts';
import { answerHeaders, type AnswerShape, type Content, type Operation } from './operation.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

export interface OpenApiOperation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters: readonly OpenApiParameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: OpenApiContent };
  readonly responses: OpenApiResponses;
}

/** By status, and `default` for all others. */
export type OpenApiResponses = Readonly<Record<string, OpenApiResponse>>;

export interface OpenApiParameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required: boolean;
  readonly description?: string;
  readonly schema: JsonSchema;
}

export type OpenApiContent = Readonly<Record<string, { readonly schema: JsonSchema }>>;

export interface OpenApiResponse {
  readonly description: string;
  readonly headers?: Readonly<Record<string, { readonly description: string; readonly schema: JsonSchema }>>;
  readonly content?: OpenApiContent;
}

export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components: {
    readonly securitySchemes: JsonSchema;
    readonly schemas: Readonly<Record<string, JsonSchema>>;
  };
}

/** Statuses by the sentence that stands for them where a route tells nothing better. */
const meanings: Readonly<Record<string, string>> = {
  200: 'Done',
  201: 'Made',
  202: 'Taken, and done soon',
  204: 'Done; there is nothing to say',
  304: 'What the reader has is still so',
};

/** Builds the document. Throws where two shapes of one name differ: the reference would tell one for the other. */
export function openApiDocument(baseUrl: string, operations: readonly Operation[]): OpenApiDocument {
  const schemas = new Map<string, JsonSchema>();
  const paths: Record<string, Record<string, OpenApiOperation>> = {};
  for (const operation of operations) {
    const methods = (paths[operation.path] ??= {});
    methods[operation.method.toLowerCase()] = operationOf(operation, schemas);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Muster',
      version: '1',
      description:
        'One directory of people and groups: SCIM in, effective memberships and their changes out.',
    },
    servers: [{ url: baseUrl }],
    tags: [...new Set(operations.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: securitySchemes(baseUrl),
      schemas: Object.fromEntries([...schemas].sort(([a], [b]) => (a < b ? -1 : 1))),
    },
  };
}

function securitySchemes(baseUrl: string): JsonSchema {
  return {
    token: { type: 'http', scheme: 'bearer', description: 'The token of a client.' },
    clientCredentials: {
      type: 'oauth2',
      flows: {
        clientCredentials: {
          tokenUrl: `${baseUrl}/oauth2/token`,
          scopes: Object.fromEntries(scopes.map((scope) => [scope, ''])),
        },
      },
    },
  };
}

function operationOf(operation: Operation, schemas: Map<string, JsonSchema>): OpenApiOperation {
  const { method, path, tag, summary, scope, body, query, answers, problem } = operation;
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']): OpenApiParameter => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const inQuery = Object.entries(query).map(([name, shape]): OpenApiParameter => {
    const { description, ...schema } = schemaOf(shape, 'input', schemas);
    return {
      name,
      in: 'query',
      required: false,
      ...(typeof description === 'string' ? { description } : {}),
      schema,
    };
  });
  return {
    operationId: operationId(method, path),
    tags: [tag],
    summary,
    security: scope === null ? [] : [{ token: [scope] }, { clientCredentials: [scope] }],
    parameters: [...inPath, ...inQuery],
    ...(body === null
      ? {}
      : { requestBody: { required: body.isRequired, content: contentOf(body.content, 'input', schemas) } }),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, answer]) => [status, responseOf(status, answer, schemas)]),
      ),
      default: { description: 'It was refused, or failed', content: contentOf(problem, 'output', schemas) },
    },
  };
}

function responseOf(
  status: string,
  { content, headers }: AnswerShape,
  schemas: Map<string, JsonSchema>,
): OpenApiResponse {
  return {
    description: meanings[status] ?? 'Answered',
    ...(headers.length === 0
      ? {}
      : {
          headers: Object.fromEntries(
            headers.map((name) => [name, { description: answerHeaders[name], schema: { type: 'string' } }]),
          ),
        }),
    ...(content === null ? {} : { content: contentOf(content, 'output', schemas) }),
  };
}

/** `GET /api/v1/groups/{id}/members` is `getGroupsIdMembers`. */
function operationId(method: string, path: string): string {
  const words = path
    .replace(/^\/api\/v1/, '')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '');
  return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

type Direction = 'input' | 'output';

function contentOf(content: Content, io: Direction, schemas: Map<string, JsonSchema>): OpenApiContent {
  return Object.fromEntries(
    Object.entries(content).map(([type, shape]) => [type, { schema: schemaOf(shape, io, schemas) }]),
  );
}

/**
 * The JSON Schema of a shape; parts that have an id become components. Answers may get more properties at any
 * time, so only what a caller sends is closed.
 */
function schemaOf(shape: z.ZodType, io: Direction, schemas: Map<string, JsonSchema>): JsonSchema {
  const whole = z.toJSONSchema(shape, {
    io,
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      if (io === 'output' && jsonSchema.additionalProperties === false)
        delete jsonSchema.additionalProperties;
      // Patterns of formats are long, and say nothing to people that the format does not.
      if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  const { $defs: parts = {}, ...schema } = pointed(whole) as WholeSchema;
  for (const [name, part] of Object.entries(parts)) keep(schemas, name, part);
  return Object.fromEntries(Object.entries(schema).filter(([key]) => key !== '$schema'));
}

/** What zod writes: a schema with the parts that it refers to. */
type WholeSchema = JsonSchema & { readonly $defs?: Readonly<Record<string, JsonSchema>> };

function keep(schemas: Map<string, JsonSchema>, name: string, schema: JsonSchema): void {
  const known = schemas.get(name);
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify(schema)) {
    throw new Error(`Two shapes of the reference are named ${name}.`);
  }
  schemas.set(name, schema);
}

/** The same with references into the components. */
function pointed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pointed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [
      key,
      key === '$ref' && typeof part === 'string'
        ? part.replace('#/$defs/', '#/components/schemas/')
        : pointed(part),
    ]),
  );
}
