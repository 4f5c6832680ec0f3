/** Whose eyes a client's reads go through. */
import type { SourceN } from '../../core/ids.ts';

export interface View {
  readonly source: SourceN;
  /** `own`: only what the source created is there at all. */
  readonly namespace: 'all' | 'own';
  /** Address of the SCIM server without a slash at its end, as it stands in `meta.location`. */
  readonly baseUrl: string;
}

/**
 * A condition that the user or group under `alias` is in the namespace of `own`: it created it, or was granted it.
 * Where `own` is null, everything is.
 */
export function inNamespace(alias: string, own: string): string {
  return `(${own} is null or ${alias}.created_by = ${own}
    or exists (select from namespace_grant x where x.source_n = ${own} and x.node_n = ${alias}.n))`;
}

/** The source whose creations alone are seen, as a parameter: null for everybody's. */
export function ownSource({ source, namespace }: View): SourceN | null {
  return namespace === 'own' ? source : null;
}
