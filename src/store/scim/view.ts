/** Whose eyes a client's reads go through. */
import type { SourceN } from '../../core/ids.ts';

export interface View {
  readonly source: SourceN;
  /** `own`: only what the source created is there at all. */
  readonly namespace: 'all' | 'own';
  /** Address of the SCIM server without a slash at its end, as it stands in `meta.location`. */
  readonly baseUrl: string;
}

/** The source whose creations alone are seen, as a parameter: null for everybody's. */
export function ownSource({ source, namespace }: View): SourceN | null {
  return namespace === 'own' ? source : null;
}
