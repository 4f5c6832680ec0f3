/** Joins and leaves as entries of the log: bounded in size, numbered by part. */
import type { EffectiveEntry } from '../../store/effective/feed-cuts.ts';
import type { Caused } from './causes.ts';

/** Users to an entry (interface.md, GET /changes). */
const IDS_PER_ENTRY = 1_000;
/** Causes to an entry; of more, the number is told. */
const CAUSES_PER_ENTRY = 20;

/** The entries of one batch. What is of one group stands together and is numbered through. */
export function entriesOf(caused: Iterable<Caused>): EffectiveEntry[] {
  const byGroup = new Map<number, Omit<EffectiveEntry, 'part' | 'parts'>[]>();
  for (const one of caused) {
    const entries = byGroup.get(one.group) ?? [];
    byGroup.set(one.group, entries);
    const causes = one.causes.slice(0, CAUSES_PER_ENTRY).map(({ xid, seq }) => [xid, seq] as const);
    for (const ids of slicesOf(one))
      entries.push({ group: one.group, ...ids, causes, causesTotal: one.causes.length });
  }
  return [...byGroup.values()].flatMap((entries) =>
    entries.map((entry, place) => ({ ...entry, part: place + 1, parts: entries.length })),
  );
}

/** Cut so that no entry holds too many. */
export function slicesOf({
  joined,
  left,
}: Pick<Caused, 'joined' | 'left'>): { joined: readonly number[]; left: readonly number[] }[] {
  const sliced = [];
  for (let from = 0; from < joined.length + left.length; from += IDS_PER_ENTRY) {
    const to = from + IDS_PER_ENTRY;
    sliced.push({
      joined: joined.slice(from, to),
      left: left.slice(Math.max(0, from - joined.length), Math.max(0, to - joined.length)),
    });
  }
  return sliced;
}
