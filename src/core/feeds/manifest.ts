/** The manifest of a set of files that belong together: `manifest.json`, which names them. */
import { z } from 'zod';
import { FileFault } from './fault.ts';
import type { Sequence } from './sequence.ts';

export const MANIFEST = 'manifest.json';

const fileName = z
  .string()
  .min(1)
  .refine((name) => !/[\\/]|^\.|\p{Cc}/u.test(name), 'a file is named without folders');
const listed = z.union([
  fileName.transform((name) => ({ name, sha256: null })),
  z.object({
    name: fileName,
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/i)
      .nullable()
      .default(null),
  }),
]);
const manifest = z.object({
  files: z.array(listed).min(1).max(100),
  sequence: z
    .union([z.int().nonnegative(), z.string().regex(/^\d{1,30}$/)])
    .nullable()
    .default(null),
});

export interface ListedFile {
  readonly name: string;
  /** In small letters; null when the manifest does not say. */
  readonly sha256: string | null;
}

export interface Manifest {
  /** People first, then groups, then all others as they are listed. */
  readonly files: readonly ListedFile[];
  readonly sequence: Sequence | null;
}

/** Reads a manifest. Throws the FileFault `set.manifest`. */
export function readManifest(text: string): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new FileFault('set.manifest', { why: 'it is no JSON.' });
  }
  const read = manifest.safeParse(json);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw new FileFault('set.manifest', { why: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}.` });
  }
  const { files, sequence } = read.data;
  const names = files.map(({ name }) => name.toLowerCase());
  if (new Set(names).size !== names.length) {
    throw new FileFault('set.manifest', { why: 'it names a file twice.' });
  }
  const sorted = files
    .map(({ name, sha256 }) => ({ name, sha256: sha256?.toLowerCase() ?? null }))
    .sort((a, b) => rank(a.name) - rank(b.name));
  return {
    files: sorted,
    sequence: sequence === null ? null : { series: MANIFEST, position: [String(sequence)] },
  };
}

function rank(name: string): number {
  if (/^users\b/i.test(name)) return 0;
  return /^groups\b/i.test(name) ? 1 : 2;
}
