/** Driving a webhook target. */
import type { Database } from '../../store/database.ts';
import type { Lease } from '../../store/leases.ts';
import type { TargetRow } from '../../store/targets/targets.ts';
import type { Bell } from './bell.ts';
import type { Listener, World } from './context.ts';

export interface WebhookDrive {
  readonly database: Database;
  readonly row: TargetRow;
  readonly credentials: Readonly<Record<string, unknown>>;
  readonly lease: Lease;
  readonly bell: Bell;
  readonly world: World;
  readonly listener: Listener;
  readonly isOver: () => boolean;
}

export async function driveWebhook({ bell, isOver }: WebhookDrive): Promise<void> {
  while (!isOver()) await bell.wait(1_000);
}
