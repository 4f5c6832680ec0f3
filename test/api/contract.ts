/** Holds real answers against the reference that the running daemon gives of itself. */
import { expect } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { OpenApiDocument, OpenApiOperation, OpenApiResponses } from '../../src/http/openapi.ts';

/** An operation as the tests name it: `GET /api/v1/groups/{id}`. */
export type OperationName = string;

export interface Asked {
  /** What stands for the names in braces; an unknown id where it is left out. */
  readonly in?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly token?: string | null;
}

export interface Heard {
  readonly status: number;
  readonly headers: Headers;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- bodies are looked into by the tests
  readonly body: any;
}

export interface Contract {
  readonly document: OpenApiDocument;
  readonly operations: ReadonlyMap<OperationName, OpenApiOperation>;
  /** Sends a request and holds the answer against the document. */
  ask(name: OperationName, asked?: Asked): Promise<Heard>;
}

const UNKNOWN = '00000000-0000-4000-8000-000000000000';

/** Reads the document of a running daemon. */
export async function readContract(address: string, ownToken: string): Promise<Contract> {
  const document = (await (await fetch(`${address}/api/openapi.json`)).json()) as OpenApiDocument;
  const operations = new Map(
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation]),
    ),
  );
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  formats.default(ajv);
  ajv.addSchema({ $id: 'https://muster.test/reference', ...closed(document) });

  const hold = (name: OperationName, heard: Heard): void => {
    const [method = '', path = ''] = name.split(' ');
    const responses: OpenApiResponses = operations.get(name)?.responses ?? {};
    const key = Object.hasOwn(responses, heard.status) ? String(heard.status) : 'default';
    const response = responses[key];
    const told = { name, status: heard.status, body: heard.body };
    expect({ ...told, isTold: key !== 'default' || heard.status >= 400 }).toEqual({ ...told, isTold: true });
    for (const header of Object.keys(response?.headers ?? {})) {
      // The database answers without a tag while the index in memory is behind.
      if (header === 'ETag' && path.endsWith('/members')) continue;
      expect(`${name}: ${header} ${heard.headers.get(header) ?? 'is missing'}`).not.toContain('is missing');
    }
    if (response?.content === undefined) {
      expect({ ...told, body: heard.body }).toEqual({ ...told, body: '' });
      return;
    }
    const type = (heard.headers.get('Content-Type') ?? '').split(';')[0] ?? '';
    expect({ name, types: Object.keys(response.content) }).toMatchObject({
      types: expect.arrayContaining([type]),
    });
    const at = ['paths', path, method.toLowerCase(), 'responses', key, 'content', type, 'schema'];
    const schema = `https://muster.test/reference#/${at.map((part) => encodeURIComponent(part.replaceAll('/', '~1'))).join('/')}`;
    const bodies: unknown[] = type === 'application/x-ndjson' ? linesOf(heard.body) : [heard.body];
    for (const body of bodies) {
      const isRight = ajv.validate({ $ref: schema }, body);
      expect({ name, status: heard.status, faults: isRight ? [] : ajv.errors, body }).toMatchObject({
        faults: [],
      });
    }
  };

  return {
    document,
    operations,
    ask: async (name, { in: places = {}, query = '', body, headers = {}, token = ownToken } = {}) => {
      const [method = '', template = ''] = name.split(' ');
      const path = template.replaceAll(/\{(\w+)\}/g, (_, place: string) => places[place] ?? UNKNOWN);
      const raw = Buffer.isBuffer(body) ? new Blob([new Uint8Array(body)]) : body;
      const isRaw = typeof raw === 'string' || raw instanceof Blob;
      const answer = await fetch(`${address}${path}${query}`, {
        method,
        headers: {
          ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
          ...(body === undefined || isRaw ? {} : { 'Content-Type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: isRaw ? raw : JSON.stringify(body) }),
      });
      const text = await answer.text();
      const isJson = ((answer.headers.get('Content-Type') ?? '').split(';')[0] ?? '').endsWith('json');
      const isLines = answer.headers.get('Content-Type') === 'application/x-ndjson';
      const heard = {
        status: answer.status,
        headers: answer.headers,
        body: isJson && !isLines && text !== '' ? JSON.parse(text) : text,
      };
      hold(name, heard);
      return heard;
    },
  };
}

function linesOf(text: string): unknown[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

/** The same document with every object closed: an answer may then say nothing that the reference does not tell. */
function closed(value: unknown): object {
  return close(value) as object;
}

function close(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(close);
  if (typeof value !== 'object' || value === null) return value;
  const parts = Object.fromEntries(Object.entries(value).map(([key, part]) => [key, close(part)]));
  const isObject = 'type' in value && value.type === 'object' && 'properties' in value;
  return isObject && !('additionalProperties' in value) ? { ...parts, additionalProperties: false } : parts;
}
