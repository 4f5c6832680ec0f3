/** The SCIM registry of an installation: Muster's schemas and the operator's own, from the files that the settings name. */
import { readFileSync } from 'node:fs';
import type { Settings } from '../config.ts';
import { buildRegistry, readSchemaFile, type Registry } from '../core/scim/registry.ts';
import { SetupProblem } from '../core/setup-problem.ts';

/** Refuses (SetupProblem) a file that is missing or no JSON; `schema.invalid` one that is no schema we can keep. */
export function registryOf({ schemas }: Pick<Settings, 'schemas'>): Registry {
  return buildRegistry(schemas.map((file) => readSchemaFile(file, jsonIn(file))));
}

function jsonIn(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as unknown;
  } catch (error) {
    throw new SetupProblem(
      `The schema file ${file} cannot be read: ${error instanceof Error ? error.message : ''}`,
    );
  }
}
