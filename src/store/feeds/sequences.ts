/** The last applied snapshot of each series of names. */
import type { Sequence } from '../../core/feeds/sequence.ts';
import type { SourceN } from '../../core/ids.ts';
import type { Tx } from '../database.ts';

/** Name of the applied snapshot that is newer than this one, or null. The series is locked until the transaction ends. */
export async function newerThan(
  tx: Tx,
  source: SourceN,
  { series, position }: Sequence,
): Promise<string | null> {
  const text = `
    with held as (
      select file, position from feed_sequence where source_n = $1 and series = $2 for update)
    select file from held where position > $3::numeric[]`;
  const rows = await tx.rows<{ file: string }>({ text }, [source, series, position]);
  return rows[0]?.file ?? null;
}

/** Keeps where the series has come to. */
export async function moveSequence(
  tx: Tx,
  source: SourceN,
  { series, position, file }: Sequence & { readonly file: string },
): Promise<void> {
  const text = `
    insert into feed_sequence (source_n, series, position, file) values ($1, $2, $3::numeric[], $4)
    on conflict (source_n, series) do update
      set position = excluded.position, file = excluded.file, at = now()`;
  await tx.rows({ text }, [source, series, position, file]);
}
