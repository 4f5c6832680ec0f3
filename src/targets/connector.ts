/**
 * What a connector is: the thin part that speaks a target's protocol. It only asks and does one bounded request
 * at a time and answers with values; retry, rate, circuit, ledger and state live in the engine. Every connector
 * passes the same contract suite (test/targets/contract) on its real counterpart.
 */
import type { NameRules } from '../core/targets/target-name.ts';
import type { Outcome } from '../core/targets/outcome.ts';
import type { Exchange } from './exchange.ts';

/** A user as it should be at the target. */
export interface TargetUser {
  /** Our id; where the target has a place for it, it makes the object ours (externalId). */
  readonly id: string;
  readonly userName: string;
  readonly active: boolean;
  /** Attributes in the form of SCIM's core and enterprise user, without id, userName, active and meta. */
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly roles: readonly string[];
}

/** A group as it should be at the target, without its members. `name` is the name there. */
export interface TargetGroup {
  readonly id: string;
  readonly name: string;
  /** That it confers, where the target is told of roles by values. */
  readonly roles: readonly string[];
}

export type TargetObject =
  ({ readonly kind: 'user' } & TargetUser) | ({ readonly kind: 'group' } & TargetGroup);

/** An object as the target holds it. `held` is for the same connector's `apply` to compare with. */
export interface Held {
  readonly remoteId: string;
  /** Our id as the target carries it; null when it carries none. */
  readonly externalId: string | null;
  readonly name: string;
  readonly active: boolean;
  readonly held: unknown;
}

export type Failed = { readonly kind: 'failed'; readonly outcome: Outcome };

/** An answer to "which of yours is this object of ours" (O-03). */
export type Resolution =
  | { readonly kind: 'found'; readonly object: Held; readonly by: 'externalId' | 'name' }
  | { readonly kind: 'none' }
  /** Two fit, or the one that fits carries somebody else's id: for a person, never the first. */
  | { readonly kind: 'conflict'; readonly hits: readonly string[]; readonly why: string }
  | Failed;

export type Observation =
  { readonly kind: 'found'; readonly object: Held } | { readonly kind: 'absent' } | Failed;

export type MemberObservation =
  /** All members that the group has. */
  | { readonly kind: 'all'; readonly members: ReadonlySet<string> }
  /** Only which of the asked ones are members: the target does not list them (O-08). */
  | { readonly kind: 'sample'; readonly members: ReadonlySet<string>; readonly asked: ReadonlySet<string> }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unreadable' }
  | Failed;

export type HeldPage =
  { readonly kind: 'page'; readonly objects: readonly Held[]; readonly next: string | null } | Failed;

/** One bounded request. Ids of members and groups are the target's own. */
export type Operation =
  | { readonly kind: 'create'; readonly object: TargetObject }
  /** Brings what differs in line; `held` is what was observed just before. */
  | { readonly kind: 'update'; readonly object: TargetObject; readonly held: Held }
  | { readonly kind: 'deactivate'; readonly remoteId: string }
  | { readonly kind: 'delete'; readonly of: 'user' | 'group'; readonly remoteId: string }
  | { readonly kind: 'add-members'; readonly group: string; readonly members: readonly string[] }
  | { readonly kind: 'remove-members'; readonly group: string; readonly members: readonly string[] };

/** How members are taken out: learned per target (O-04), in this order. */
export const REMOVAL_STYLES = ['filter', 'value', 'put'] as const;
export type RemovalStyle = (typeof REMOVAL_STYLES)[number];

/** What is known of a target, from its profile and from experience. */
export interface Traits {
  /** Most members in one request. */
  readonly chunk: number;
  readonly chunkBytes: number;
  readonly removal: RemovalStyle;
  /** False where a group's members can only be asked for one by one. */
  readonly membersReadable: boolean;
  /** Attributes of users that it does not know: they are neither sent nor compared. Absent for none. */
  readonly refusedAttributes?: readonly string[];
  readonly names: NameRules;
}

export type Probe = { readonly kind: 'ready'; readonly says: string } | Failed;

/** What a refused write carried and the target does not know at all, with how that is known. */
export interface UnknownAttributes {
  readonly attributes: readonly string[];
  readonly evidence: string;
}

export interface Connector {
  /** Which kinds of object it keeps; a target without users names members by what it is told. */
  readonly keeps: { readonly users: boolean; readonly groups: boolean };
  /**
   * True where something else, such as a gateway, may answer in the target's place: that an object is missing or absent
   * there is believed only while a probe finds the target.
   */
  readonly mayBeAnsweredFor?: boolean;
  /** Is it there, with these credentials? Changes nothing. */
  probe(): Promise<Probe>;
  /** Finds an object of ours there: externalId, then userName or displayName (O-03). */
  resolve(object: TargetObject): Promise<Resolution>;
  observe(of: 'user' | 'group', remoteId: string): Promise<Observation>;
  /** Members of a group; of a target that lists none, which of `among` are. */
  observeMembers(group: string, among: readonly string[], traits: Traits): Promise<MemberObservation>;
  /** All objects of a kind, page by page; `after` is the `next` of the page before. */
  list(of: 'user' | 'group', after: string | null): Promise<HeldPage>;
  apply(operation: Operation, traits: Traits): Promise<Outcome>;
  /** Names of what an update of this object would change, as far as that can be told from what was observed. */
  differences(object: TargetObject, held: Held, traits: Traits): readonly string[];
  /**
   * Attributes of a refused write that the target does not know; null where that is not certain. `why` is what it
   * said. A connector whose targets know whatever they are set to has none.
   */
  unknownAttributes?(refused: Operation, why: string, traits: Traits): Promise<UnknownAttributes | null>;
  close(): Promise<void>;
}

/** Settings that the engine itself reads, whatever the type of the target. */
export interface EngineSettings {
  /** Most requests at once. */
  readonly concurrency: number;
  /** Ms between leaving and deletion; null keeps deactivated users for good (O-05). */
  readonly deleteAfterMs: number | null;
  /** Longest that one request may take. */
  readonly requestMs: number;
  /** How roles come there (O-10): not at all, as a value of each user, as a group per role. */
  readonly roles: 'none' | 'values' | 'groups';
}

/** A connector ready for work. */
export interface OpenTarget {
  readonly connector: Connector;
  readonly traits: Traits;
  readonly settings: EngineSettings;
}

export interface ConnectorWorld {
  /** Epoch ms. */
  readonly now: () => number;
  /** Told of every exchange with the target, for traces. */
  readonly heard: (exchange: Exchange) => void;
  /** Folder of the files that are targets. */
  readonly filesDir: string;
}

/** A type of target: how its settings are read, and how it is opened. Connectors are listed in connectors/types. */
export interface ConnectorType {
  /** Settings as they are stored, with defaults; throws a ZodError that says what is wrong. */
  readonly readSettings: (given: unknown) => Readonly<Record<string, unknown>>;
  readonly readCredentials: (given: unknown) => Readonly<Record<string, unknown>>;
  readonly open: (settings: unknown, credentials: unknown, world: ConnectorWorld) => OpenTarget;
}
