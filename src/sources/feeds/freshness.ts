/**
 * Freshness: a feed that is expected every so often and did not deliver raises an alert. While that is open its
 * implicit retractions are frozen: the first snapshot after the silence may add and not remove. A missing file
 * never means that nobody is left.
 */
import type { FeedSettings } from '../../core/feeds/settings.ts';
import { raiseAlert } from '../../store/alerts.ts';
import type { Database } from '../../store/database.ts';
import { listSourceStates } from '../../store/feeds/deliveries.ts';

/** Raises the alert `feed.overdue` where the next file of the feed should have come by now, once. */
export async function watchFreshness(
  database: Database,
  { name, expectedEvery }: Pick<FeedSettings, 'name' | 'expectedEvery'>,
  now: number,
): Promise<void> {
  if (expectedEvery === null) return;
  const [state] = await listSourceStates(database, { name, after: 0, limit: 1 });
  if (state === undefined || state.overdue) return;
  const since = state.last_delivery ?? state.created_at;
  if (now - since.getTime() <= expectedEvery) return;
  const details = {
    feed: name,
    expected: durationText(expectedEvery),
    last: state.last_delivery?.toISOString() ?? null,
  };
  await raiseAlert(database, { kind: 'feed.overdue', subject: name, details });
}

function durationText(milliseconds: number): string {
  const minutes = Math.round(milliseconds / 60_000);
  if (minutes % 1_440 === 0) return `${minutes / 1_440} d`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${minutes} min`;
}
