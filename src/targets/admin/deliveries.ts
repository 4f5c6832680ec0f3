/** What was delivered to a webhook, what stands next, and how much waits: for people to read. */
import type { CursorPlace } from '../../core/cursor.ts';
import type { MessageName, WebhookPlace } from '../../core/targets/webhook-place.ts';
import { countBehind } from '../../effective/feed/backlog.ts';
import type { Connection } from '../../store/database.ts';
import { findScopeGroups, type TargetRow } from '../../store/targets/targets.ts';
import { webhookSettings } from '../connectors/webhook/settings.ts';
import { readPlace } from '../stored-place.ts';

export interface DeliveriesView {
  /** Up to here everything was delivered or given up: a `webhook-id`, or the number of a cut of the change feed. */
  readonly position: string | null;
  /** Messages accepted, and entries given up, since the webhook was made. */
  readonly delivered: number;
  readonly givenUp: number;
  /** Entries given up that the receiver is to be told of before anything else. */
  readonly untold: number;
  /** The message that failed and waits for its next try. */
  readonly next:
    | (MessageName & {
        readonly tries: number;
        readonly triedAt: string;
        /** Request and answer of the last try, redacted. */
        readonly exchange: unknown;
      })
    | null;
  /** The last ten that were accepted, the newest first. */
  readonly latest: readonly (MessageName & { readonly deliveredAt: string; readonly tries: number })[];
}

/** What is still to be sent: messages to a webhook; users, groups and memberships to any other target, each as one. */
export interface ToSend {
  readonly count: number;
  /** There may be more than was counted. */
  readonly isAtLeast: boolean;
  /** Since when something of it waits because the target fails; null where it does not, or nothing waits. */
  readonly since: string | null;
}

/** What is known of a webhook's deliveries. */
export function deliveriesOf({ cursor }: Pick<TargetRow, 'cursor'>): DeliveriesView {
  const { place, delivered, givenUp, gap, head, latest } = readPlace(cursor);
  return {
    position:
      place === null
        ? null
        : place.kind === 'row'
          ? `change_${place.xid}_${place.seq}`
          : `batch_${place.batch}`,
    ...{ delivered, givenUp, untold: gap?.count ?? 0 },
    next: head === null ? null : { ...head, triedAt: new Date(head.triedAt).toISOString() },
    latest: latest.map(({ at, ...message }) => ({ ...message, deliveredAt: new Date(at).toISOString() })),
  };
}

/** Whether a receiver was ever sent anything. */
export function isWebhookTried({ cursor }: Pick<TargetRow, 'cursor'>): boolean {
  const { delivered, head, failingSince } = readPlace(cursor);
  return delivered > 0 || head !== null || failingSince !== null;
}

/** How many messages wait, and since when the oldest of them does. */
export async function messagesBehind(connection: Connection, row: TargetRow): Promise<ToSend> {
  const at: WebhookPlace<CursorPlace> = readPlace(row.cursor);
  if (at.place === null) return { count: 0, isAtLeast: false, since: null };
  const { types } = webhookSettings.parse(row.settings);
  const isScoped = !row.all_users && row.groups.length > 0;
  const groups = isScoped ? (await findScopeGroups(connection, row.groups)).map(({ n }) => n) : null;
  const behind = await countBehind(connection, { after: at.place, types, groups });
  return { ...behind, since: at.head?.happenedAt ?? null };
}
