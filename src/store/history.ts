/**
 * Writing history (D-23): what ends leaves its closed interval. These are pieces of the statements that end
 * something, so that nothing ends without them; reading is in store/effective/as-of.ts.
 */

/**
 * A CTE `past` that keeps the spans of the assertions in the CTE `ended`, which has all their columns as they were.
 * What was suppressed already ended then. What a transaction began that started later than this one has no span.
 */
export function endedMemberships(ended: string, until = 'now()'): string {
  return `past as (
     insert into membership_past (group_n, member_n, source_n, member_kind, line, origin_n, since, until)
     select group_n, member_n, source_n, member_kind, line, origin_n, since, ${until} from ${ended}
     where not suppressed and since < ${until})`;
}

/** Columns of an assertion that was suppressed just now, as it stood before. */
export const STOOD = `group_n, member_n, source_n, line, origin_n, since, expires_at, member_kind, false as suppressed`;

/** A CTE `active_past` that keeps the spans of users that were active and are so no more, from a CTE with the rows as they stood. */
export function endedActivity(was: string, isOver: string): string {
  return `active_past as (
     insert into activity_past (user_n, since, until)
     select n, active_since, now() from ${was} where active and ${isOver} and active_since < now())`;
}

/** A CTE `affiliations_past` that keeps the spans of the affiliation facts in the CTE, which has all their columns. */
export function endedAffiliations(ended: string): string {
  return `affiliations_past as (
     insert into affiliation_past (user_n, source_n, authority, key, value, scope, since, until)
     select user_n, source_n, authority, key, value, scope, since, now() from ${ended} where since < now())`;
}
