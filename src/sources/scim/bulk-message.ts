/** The message of a Bulk (RFC 7644 §3.7). */
import { Refusal } from '../../core/refusal.ts';
import type { Limits } from '../../core/scim/discovery.ts';
import { isArray, isObject, type Json, type JsonObject } from '../../core/scim/json.ts';
import { HttpProblem } from '../../http/problem.ts';

export interface BulkOperation {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly data: Json;
  /** Entity tag that the operation is made for; null for any. */
  readonly version: string | null;
  readonly bulkId: string | null;
}

export interface BulkMessage {
  readonly operations: readonly BulkOperation[];
  /** How many errors end the whole; Infinity where it says none. */
  readonly failOnErrors: number;
}

/** Reads the message; names of it are taken without case. Refuses (`body.invalid`) what is none, and too many operations (413). */
export function readBulk(body: Json, limits: Limits): BulkMessage {
  if (!isObject(body)) throw invalid('The body must be a JSON object.');
  const message = lowered(body);
  const operations = message.get('operations');
  if (!isArray(operations)) throw invalid('"Operations" must be an array.');
  if (operations.length > limits.bulkOperations) {
    throw new HttpProblem('body.too_large', `There are more than ${limits.bulkOperations} operations.`);
  }
  const failOnErrors = message.get('failonerrors') ?? null;
  if (
    failOnErrors !== null &&
    (typeof failOnErrors !== 'number' || !Number.isInteger(failOnErrors) || failOnErrors < 1)
  ) {
    throw invalid('failOnErrors must be a whole number from 1.');
  }
  const read = operations.map(readOperation);
  const ids = read.flatMap(({ bulkId }) => bulkId ?? []);
  if (new Set(ids).size < ids.length) throw invalid('Two operations have the same bulkId.');
  return { operations: read, failOnErrors: failOnErrors ?? Infinity };
}

function readOperation(operation: Json): BulkOperation {
  if (!isObject(operation)) throw invalid('An operation must be an object.');
  const parts = lowered(operation);
  const method = text(parts, 'method')?.toUpperCase();
  const path = text(parts, 'path');
  if (method !== 'POST' && method !== 'PUT' && method !== 'PATCH' && method !== 'DELETE') {
    throw invalid('"method" must be POST, PUT, PATCH or DELETE.');
  }
  if (path === null) throw invalid('"path" must be a text such as /Users.');
  const bulkId = text(parts, 'bulkid');
  if (method === 'POST' && bulkId === null) throw invalid('A POST in a Bulk needs a bulkId.');
  return { method, path, data: parts.get('data') ?? null, version: text(parts, 'version'), bulkId };
}

function lowered(object: JsonObject): ReadonlyMap<string, Json> {
  return new Map(Object.entries(object).map(([name, value]) => [name.toLowerCase(), value]));
}

function text(parts: ReadonlyMap<string, Json>, name: string): string | null {
  const value = parts.get(name);
  return typeof value === 'string' && value !== '' ? value : null;
}

function invalid(why: string): Refusal {
  return new Refusal('body.invalid', { why });
}
