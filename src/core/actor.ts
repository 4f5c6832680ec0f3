/**
 * Who acts, and with what authority. Every write carries an actor; policies (policies.ts) ask it what it may, the
 * log keeps its kind and id.
 */
import type { GroupN, UserId, UserN } from './ids.ts';
import { grants, type Permission } from './permissions.ts';
import type { Scope } from './scopes.ts';

/** What the log keeps of an actor. `id` is the client's, feed's or provider's name, a user's uuid, or the job's name for `system`. */
export interface ActorName {
  readonly kind: 'client' | 'feed' | 'user' | 'idp' | 'operator' | 'system';
  readonly id: string;
}

/** A program with a bearer token: what it may do are its scopes. */
export interface ClientActor extends ActorName {
  readonly kind: 'client';
  readonly scopes: ReadonlySet<Scope>;
}

/** A delegation that somebody holds in a group (J-18). */
export interface Delegation {
  readonly canAdd: boolean;
  readonly canRemove: boolean;
}

/** A signed-in user, with all that follows from the groups it effectively belongs to. */
export interface Person extends ActorName {
  readonly kind: 'user';
  readonly id: UserId;
  readonly n: UserN;
  /** Granted to it or to a group that it effectively belongs to. */
  readonly permissions: ReadonlySet<Permission>;
  /** Groups that it leads, itself or through a leader group (J-14). */
  readonly leads: ReadonlySet<GroupN>;
  /** Groups in which it may add or remove members (J-18). */
  readonly delegations: ReadonlyMap<GroupN, Delegation>;
  /** Names of the roles that it holds, folded (J-19). */
  readonly roles: ReadonlySet<string>;
}

/** Whoever has the command line of the installation. */
export interface OperatorActor extends ActorName {
  readonly kind: 'operator';
}

/** A feed's file, an identity provider's login, or a job of Muster's own. */
export interface MachineActor extends ActorName {
  readonly kind: 'feed' | 'idp' | 'system';
}

export type Actor = ClientActor | Person | OperatorActor | MachineActor;

/** True for administrators: the operator, people with `admin`, clients with that scope, and Muster itself. */
export function isAdministrator(actor: Actor): boolean {
  switch (actor.kind) {
    case 'operator':
    case 'system':
      return true;
    case 'user':
      return actor.permissions.has('admin');
    case 'client':
      return actor.scopes.has('admin');
    case 'feed':
    case 'idp':
      return false;
  }
}

/** True for a person who holds the permission, and for every administrator. */
export function holds(actor: Actor, permission: Permission): boolean {
  return isAdministrator(actor) || (actor.kind === 'user' && grants(actor.permissions, permission));
}

/** True for a person who leads the group, directly or through a leader group (J-14). */
export function leads(actor: Actor, group: { readonly n: GroupN }): boolean {
  return actor.kind === 'user' && actor.leads.has(group.n);
}

/** What a delegation in the group lets a person do; nothing for anybody else (J-18). */
export function delegationIn(actor: Actor, group: { readonly n: GroupN }): Delegation {
  const none = { canAdd: false, canRemove: false };
  return actor.kind === 'user' ? (actor.delegations.get(group.n) ?? none) : none;
}
