/** First step of PATCH: what providers send becomes a list of plain operations with a path each. */
import { Refusal } from '../refusal.ts';
import { isArray, isObject, type Json, type JsonObject, own } from './json.ts';
import type { PatchOperation } from './patch.ts';
import { type ResourceType, extensionOf } from './registry.ts';
import type { Reader } from './value-read.ts';

export const PATCH_URN = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
/** Operations of one PATCH. */
export const MAX_OPERATIONS = 1_000;

/**
 * Reads the body of a PATCH. Names of the message are taken without case, unknown ones ignored; an operation
 * without a path becomes one for each name of its value, dotted names and URNs being paths; a value for a whole
 * extension becomes one for each of its attributes. Refuses (`body.invalid`) what is no PATCH message, over
 * 1,000 operations, and (`patch.no_target`) a removal without a path.
 */
export function normalisePatch(type: ResourceType, body: Json, reader: Reader): readonly PatchOperation[] {
  if (!isObject(body)) throw invalidBody('The body must be a JSON object.');
  const isPatch = namesPatch(named(body, 'schemas'));
  if (!isPatch && reader.profile.unknown === 'refuse') throw invalidBody(`"schemas" must name ${PATCH_URN}.`);
  const operations =
    named(body, 'operations') ?? (isPatch && reader.profile.unknown === 'drop' ? [] : undefined);
  if (!isArray(operations)) throw invalidBody('"Operations" must be an array.');
  if (operations.length > MAX_OPERATIONS)
    throw invalidBody(`There are more than ${MAX_OPERATIONS} operations.`);
  return operations.flatMap((operation) => [...plainOperations(type, operation)]);
}

/** Operations as JSON, for traces; one without a value has none. */
export function operationsAsJson(operations: readonly PatchOperation[]): Json {
  return operations.map(({ op, path, value }) => (value === undefined ? { op, path } : { op, path, value }));
}

function invalidBody(why: string): Refusal {
  return new Refusal('body.invalid', { why });
}

function namesPatch(schemas: Json | undefined): boolean {
  const list = isArray(schemas) ? schemas : [schemas];
  return list.some((urn) => typeof urn === 'string' && urn.toLowerCase() === PATCH_URN.toLowerCase());
}

/** The value of a name of the message itself, whatever its case. */
function named(object: JsonObject, name: string): Json | undefined {
  const exact = own(object, name);
  return exact ?? Object.entries(object).find(([key]) => key.toLowerCase() === name)?.[1];
}

function* plainOperations(type: ResourceType, operation: Json): Generator<PatchOperation> {
  if (!isObject(operation)) throw invalidBody('An operation must be an object.');
  const op = readOp(named(operation, 'op'));
  const path = named(operation, 'path') ?? '';
  if (typeof path !== 'string') {
    throw new Refusal('path.invalid', { path: JSON.stringify(path), why: 'it must be a text.' });
  }
  const value = named(operation, 'value');
  if (path.trim() !== '') {
    yield* spread(type, { op, path: path.trim(), value });
  } else if (op === 'remove') {
    throw new Refusal('patch.no_target', { path: '', why: 'a removal needs a path.' });
  } else if (isObject(value)) {
    for (const [name, item] of Object.entries(value)) {
      if (name.toLowerCase() !== 'schemas') yield* spread(type, { op, path: name, value: item });
    }
  } else {
    throw new Refusal('value.invalid', {
      attribute: 'value',
      why: 'must be an object where there is no path.',
    });
  }
}

function readOp(op: Json | undefined): PatchOperation['op'] {
  const name = typeof op === 'string' ? op.toLowerCase() : null;
  if (name === 'add' || name === 'replace' || name === 'remove') return name;
  throw invalidBody(`"op" must be add, replace or remove, not ${JSON.stringify(op ?? null)}.`);
}

/** An operation on an extension as a whole, by its URN, one attribute at a time. */
function* spread(type: ResourceType, operation: PatchOperation): Generator<PatchOperation> {
  const extension = extensionOf(type, operation.path);
  if (extension === null) {
    yield operation;
  } else if (operation.op === 'remove' || operation.value === null) {
    for (const { name, mutability } of extension.attributes) {
      if (mutability !== 'readOnly')
        yield { op: 'remove', path: `${extension.id}:${name}`, value: undefined };
    }
  } else if (isObject(operation.value)) {
    for (const [name, value] of Object.entries(operation.value)) {
      yield { op: operation.op, path: `${extension.id}:${name}`, value };
    }
  } else {
    throw new Refusal('value.invalid', { attribute: extension.id, why: 'needs an object.' });
  }
}
