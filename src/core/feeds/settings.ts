/** What is set per feed (spec: feeds). The built-in feed `csv` has the defaults. */
import { DEFAULT_IDENTITY_ORDER, type IdentityOrder } from './identity-cell.ts';

export interface FeedSettings {
  /** Name of its source. */
  readonly name: string;
  readonly mode: 'actions' | 'delta' | 'snapshot';
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
}

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
  };
}
