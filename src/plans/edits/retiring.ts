/** Retiring a source is a plan (D-09): done at once where no guard trips, else held. */
import type { Attribution } from '../../core/attribution.ts';
import { retireSource } from '../../directory/retiring.ts';
import type { Edited } from './group-edits.ts';
import { plannedWrite, type PlannedWriteParts } from './planned-write.ts';

export interface Retirement {
  readonly source: string;
  /** The source that it is handed over to; null where what it asserts ends. */
  readonly into: string | null;
  readonly mode: 'unless-guarded' | 'dry-run';
}

/** Retires a source. Refuses as the verb. */
export async function planRetirement(
  parts: PlannedWriteParts,
  by: Attribution,
  { source, into, mode }: Retirement,
): Promise<Edited<void>> {
  const end = into === null ? 'its memberships end' : `handed over to ${into}`;
  return plannedWrite(parts, {
    kind: 'source-retirement',
    title: `Retirement of the source ${source}: ${end}`,
    edit: { do: 'retire', source, into },
    by: { ...by, source },
    write: (work) => retireSource(work, { into }),
    mode,
  });
}
