import { z } from 'zod';
import { suggest } from '../core/suggestion.ts';
import { variableOf } from './names.ts';
import { settingsSchema } from './schema.ts';

/**
 * One sentence for each thing that is wrong with the settings, named as the person wrote it: the variable for a
 * variable, the dotted name for the file. The value itself is not repeated, as it may be a secret.
 */
export function describeIssues(
  issues: readonly z.core.$ZodIssue[],
  origins: ReadonlyMap<string, string>,
): string[] {
  return issues.flatMap((issue) => {
    const path = issue.path.map(String);
    if (issue.code !== 'unrecognized_keys') {
      const sentence =
        issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
      return [`${nameOf(path, origins)}: ${sentence}.`];
    }
    return issue.keys.map((key) => strangerSentence([...path, key], origins));
  });
}

function strangerSentence(path: readonly string[], origins: ReadonlyMap<string, string>): string {
  const byVariable = isVariable(originOf(path, origins));
  const siblings = namesAt(path.slice(0, -1)).map((key) => [...path.slice(0, -1), key]);
  const known = siblings.map((sibling) => (byVariable ? variableOf(sibling) : sibling.join('.')));
  const name = nameOf(path, origins);
  const meant = suggest(byVariable ? variableOf(path) : path.join('.'), known);
  return `${name} is no setting.${meant === null ? '' : ` Did you mean ${meant}?`}`;
}

/** Names that may stand below a path of the settings. */
function namesAt(path: readonly string[]): string[] {
  let schema: unknown = settingsSchema;
  for (const key of path) {
    const inner = unwrapped(schema);
    if (inner instanceof z.ZodObject) schema = (inner.shape as Record<string, unknown>)[key];
    else if (inner instanceof z.ZodRecord) schema = inner.valueType;
    else return [];
  }
  const found = unwrapped(schema);
  return found instanceof z.ZodObject ? Object.keys(found.shape) : [];
}

/** What is inside of defaults, options and steps of reading. */
function unwrapped(schema: unknown): unknown {
  if (schema instanceof z.ZodPipe) {
    return unwrapped(schema.in instanceof z.ZodTransform ? schema.out : schema.in);
  }
  const isWrapped =
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable;
  return isWrapped ? unwrapped(schema.unwrap()) : schema;
}

function nameOf(path: readonly string[], origins: ReadonlyMap<string, string>): string {
  const origin = originOf(path, origins);
  if (origin === '') return path.join('.');
  return isVariable(origin) || origin.startsWith('--') ? origin : `${path.join('.')} in ${origin}`;
}

/** The origin of the leaf, or of the first leaf below a branch that is wrong as a whole. */
function originOf(path: readonly string[], origins: ReadonlyMap<string, string>): string {
  const dotted = path.join('.');
  const below = [...origins.keys()].find((key) => key.startsWith(`${dotted}.`)) ?? '';
  return origins.get(dotted) ?? origins.get(path.slice(0, -1).join('.')) ?? origins.get(below) ?? '';
}

function isVariable(origin: string): boolean {
  return /^[A-Z_0-9]+$/.test(origin);
}
