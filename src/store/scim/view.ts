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

/**
 * The same as SQL, and `parameter` only where there is such a source. PostgreSQL leaves a question of namespaces that is
 * answered by a constant out of its plan, and keeps the plan for all values. With a parameter it finds at every run
 * that a plan for the values at hand is the cheaper one, and plans anew, which takes longer than reading a user.
 */
export function ownSql(view: View, parameter: string): string {
  return ownSource(view) === null ? 'null::int' : parameter;
}

/** The value of that parameter, where there is one. */
export function ownValues(view: View): readonly SourceN[] {
  const own = ownSource(view);
  return own === null ? [] : [own];
}
