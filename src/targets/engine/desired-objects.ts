/** Users and groups as a target should have them now, and the mark by which an applied one is known again. */
import { createHash } from 'node:crypto';
import type { GroupN, UserN } from '../../core/ids.ts';
import { canonicalJson } from '../../core/json.ts';
import { nextStep, type ObjectStep } from '../../core/targets/object-step.ts';
import { foldTargetName, targetName } from '../../core/targets/target-name.ts';
import type { Connection } from '../../store/database.ts';
import { isRoleGroup, readDesiredGroups, readDesiredUsers } from '../../store/targets/desired.ts';
import { type ObjectRow, readObjects } from '../../store/targets/objects.ts';
import type { TargetObject } from '../connector.ts';
import type { TargetContext } from './context.ts';
import type { Refused } from './marks.ts';

/** An object as it should be, with what to call it in a trace. */
export interface Desired {
  readonly object: TargetObject;
  readonly what: string;
  readonly nameKey: string | null;
}

type Known = Pick<TargetContext, 'target' | 'traits' | 'settings'>;

/** Those of the users or groups that the target should have, by number. */
export function desiredObjects(
  context: Known,
  connection: Connection,
  { kind, numbers }: { readonly kind: 'u' | 'g'; readonly numbers: readonly number[] },
): Promise<Map<number, Desired>> {
  return kind === 'u'
    ? desiredUsers(context, connection, numbers as readonly UserN[])
    : desiredGroups(context, connection, numbers as readonly GroupN[]);
}

async function desiredUsers(
  { target, settings }: Known,
  connection: Connection,
  numbers: readonly UserN[],
): Promise<Map<number, Desired>> {
  const desired = new Map<number, Desired>();
  const users = await readDesiredUsers(connection, target, numbers);
  for (const [n, { id, userName, document, roles: held }] of users) {
    // Where nobody is told of them, they make no difference.
    const roles = settings.roles === 'values' ? held : [];
    const object = { kind: 'user', id, userName, active: true, attributes: document, roles } as const;
    desired.set(n, { object, what: userName, nameKey: null });
  }
  return desired;
}

async function desiredGroups(
  { target, traits, settings }: Known,
  connection: Connection,
  numbers: readonly GroupN[],
): Promise<Map<number, Desired>> {
  const desired = new Map<number, Desired>();
  for (const [n, group] of await readDesiredGroups(connection, target, numbers)) {
    const { template, roleTemplate } = traits.names;
    const name = targetName(group, isRoleGroup(n) ? roleTemplate : template);
    const nameKey = foldTargetName(name, traits.names.fold);
    const roles = settings.roles === 'values' ? group.roles : [];
    desired.set(n, { object: { kind: 'group', id: group.id, name, roles }, what: name, nameKey });
  }
  return desired;
}

export function hashOf(object: TargetObject): Buffer {
  return createHash('sha256').update(canonicalJson(object)).digest().subarray(0, 16);
}

/** What an object of the ledger needs next; `hash` is null when it is not desired. */
export function stepOf(
  { settings, world }: Pick<TargetContext, 'settings' | 'world'>,
  { kind, row, hash }: { readonly kind: 'u' | 'g'; readonly row: ObjectRow; readonly hash: Buffer | null },
): ObjectStep {
  const known = {
    remoteId: row.remote_id,
    held: row.held,
    owned: row.owned,
    appliedHash: row.applied_hash?.toString('hex') ?? null,
    leftAt: row.left_at?.getTime() ?? null,
  };
  const rules =
    kind === 'u'
      ? { deactivates: true, deleteAfterMs: settings.deleteAfterMs }
      : { deactivates: false, deleteAfterMs: 0 };
  return nextStep(known, hash?.toString('hex') ?? null, { rules, now: world.now() });
}

/**
 * Those of the users or groups of which something is to be done: the directory has them otherwise than the ledger.
 * What the target refused stays out, unless it is to be sent `again`.
 */
export async function differingObjects(
  context: TargetContext,
  connection: Connection,
  {
    kind,
    numbers,
    refused,
  }: { readonly kind: 'u' | 'g'; readonly numbers: readonly number[]; readonly refused: Refused },
): Promise<number[]> {
  const desired = await desiredObjects(context, connection, { kind, numbers });
  const rows = await readObjects(connection, context.target, kind, numbers);
  const known = new Map(rows.map((row) => [row.n, row]));
  return numbers.filter((n) => {
    const wish = desired.get(n);
    const row = known.get(n);
    if (row === undefined || row.state === 'gone') return wish !== undefined;
    if (row.wanted !== (wish !== undefined)) return true;
    if (refused === 'left' && (row.state === 'blocked' || row.state === 'conflict')) return false;
    const hash = wish === undefined ? null : hashOf(wish.object);
    return stepOf(context, { kind, row, hash }) !== 'nothing';
  });
}
