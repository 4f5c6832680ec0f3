/** What a row of a file says, whichever format it stood in. */
import type { JsonObject } from '../scim/json.ts';
import type { RowFault } from './fault.ts';
import type { GivenIdentity, GivenKey, GivenTargetedId } from './identity-cell.ts';
import type { Action } from './words.ts';

/** A name as written and the form under which it is compared (D-05). */
export interface GivenName {
  readonly name: string;
  readonly key: string;
}

/** Whom a row names: one user, one nested group, or everybody (`*`, F-07): all direct users or all nestings. */
export type GivenMember =
  | { readonly kind: 'user'; readonly identity: GivenIdentity }
  | { readonly kind: 'group'; readonly group: GivenName }
  | { readonly kind: 'all-users' }
  | { readonly kind: 'all-groups' };

export interface MembershipRow {
  readonly kind: 'membership';
  readonly action: Action;
  readonly group: GivenName;
  /** Roles that an import adds to the group (F-08); empty for a delete. */
  readonly roles: readonly GivenName[];
  readonly member: GivenMember;
  /** When an import's membership ends by itself, in RFC 3339; absent where the row does not say. */
  readonly expiresAt?: string;
}

/** The keys that a row about a person gives; at least one is there, and all must name the same user. */
export interface GivenKeys {
  readonly userName: GivenKey | null;
  readonly email: GivenKey | null;
  /** As its source writes it: only that source's own externalIds are compared with it. */
  readonly externalId: string | null;
  readonly targetedId: GivenTargetedId | null;
  readonly eppn: GivenKey | null;
}

/** A row about a person: who it is, what is stated of it, and groups that it belongs to. */
export interface PersonRow {
  readonly kind: 'person';
  readonly action: Action;
  readonly keys: GivenKeys;
  /** Stated attributes by the spelling of their place (stated.ts); an empty cell states nothing. */
  readonly stated: JsonObject;
  readonly groups: readonly GivenName[];
  /** Roles that its provider gives the person: the SCIM attribute `roles`. */
  readonly roles: readonly GivenName[];
}

export type GroupFlag = 'internal' | 'hidden' | 'open' | 'public';

/** What is stated of a group; what is absent says nothing. */
export interface StatedGroup {
  readonly description?: string;
  readonly flags: Readonly<Partial<Record<GroupFlag, boolean>>>;
}

/** A row about a group itself: an import makes or changes it, a delete deletes it. */
export interface GroupRow {
  readonly kind: 'group';
  readonly action: Action;
  readonly group: GivenName;
  readonly roles: readonly GivenName[];
  readonly stated: StatedGroup;
}

/** A row that the feed's filter leaves out. */
export interface LeftOutRow {
  readonly kind: 'left-out';
}

export type FeedRow = MembershipRow | PersonRow | GroupRow | LeftOutRow;

/** Cells of a row by column; a column that the row does not have is an empty text. */
export type Cells = (column: string) => string;

/** Reads one row: what it says, or why it is refused. */
export type RowReading = (cells: Cells) => FeedRow | RowFault;

/** What a row asks for, from its cells; a fault for words that are none. */
export type ActionReading = (cells: Cells) => Action | RowFault;

/** Tells the fault of a row from what was read of it. */
export function isFault(read: object): read is RowFault {
  return 'code' in read && 'detail' in read;
}
