/** What is set per feed (spec: feeds). The built-in feed `csv` has the defaults. */
import { DEFAULT_LIMITS, type GuardLimits } from '../plans/limits.ts';
import { DEFAULT_IDENTITY_ORDER, type IdentityOrder } from './identity-cell.ts';
import { buildRegistry, type ResourceType } from '../scim/registry.ts';
import type { FeedMapping } from './mapped-row.ts';
import type { StatedPlace } from './stated.ts';

export type FeedMode = 'actions' | 'delta' | 'snapshot';

/** Why a role outside `allowedRoles` is refused (F-08). */
export const NOT_ITS_ROLE = 'this feed may not give it. Leave it out, or add it to allowedRoles of the feed.';

/** How a delta file says what a row asks for. Words are in lower case. */
export interface StatusWords {
  /** The column, in lower case. */
  readonly column: string;
  readonly import: ReadonlySet<string>;
  readonly delete: ReadonlySet<string>;
}

export interface FeedSettings {
  /** Name of its source. */
  readonly name: string;
  readonly mode: FeedMode;
  readonly completeness: 'settle' | 'rename' | 'marker';
  /** The encoding to fall back to when a file is neither UTF-8 nor UTF-16; null for none. */
  readonly encoding: string | null;
  /** Null to find it by the header. */
  readonly delimiter: string | null;
  readonly identityOrder: IdentityOrder;
  /** Folded names of the roles that its rows may give; null for all that are not protected. */
  readonly allowedRoles: readonly string[] | null;
  readonly createRoles: 'create' | 'refuse';
  /** Entity id of the SAML provider whose targetedIds its files carry; null for none. */
  readonly idp: string | null;
  /** What becomes of a login key for a full user: attached, or listed as a proposal (D-10). */
  readonly loginKeys: 'bind' | 'propose';
  /** Milliseconds after which the next file is overdue; null when none is expected. */
  readonly expectedEvery: number | null;
  readonly status: StatusWords;
  /** What `delete` does to a user of users.csv. */
  readonly deletedUsers: 'delete' | 'deactivate';
  /** What attributes users have. */
  readonly userType: ResourceType;
  /** Further columns of users.csv, in lower case, and where they go. */
  readonly columns: ReadonlyMap<string, StatedPlace>;
  /** Makes every file of the feed one of format 3; null for formats 1 and 2. */
  readonly mapping: FeedMapping | null;
  /** What the guards let pass (D-31). */
  readonly guards: GuardLimits;
}

/** The words of a delta file when its feed says nothing. */
export const DEFAULT_STATUS: StatusWords = {
  column: 'status',
  import: new Set([
    '',
    'import',
    'add',
    'added',
    'new',
    'update',
    'updated',
    'change',
    'changed',
    'modified',
  ]),
  delete: new Set(['delete', 'deleted', 'remove', 'removed']),
};

/** Settings of a feed that says nothing. */
export function defaultFeedSettings(name: string): FeedSettings {
  return {
    name,
    mode: 'actions',
    completeness: 'settle',
    encoding: null,
    delimiter: null,
    identityOrder: DEFAULT_IDENTITY_ORDER,
    allowedRoles: null,
    createRoles: 'create',
    idp: null,
    loginKeys: 'propose',
    expectedEvery: null,
    status: DEFAULT_STATUS,
    deletedUsers: 'delete',
    userType: buildRegistry([]).user,
    columns: new Map(),
    mapping: null,
    guards: DEFAULT_LIMITS,
  };
}
