/** What can be done with webhooks alone: sending again from a place in the log, and changing keys. */
import type { Attribution } from '../../core/attribution.ts';
import type { CursorPlace } from '../../core/cursor.ts';
import { Refusal } from '../../core/refusal.ts';
import { storableJson } from '../../core/targets/foreign-text.ts';
import { firstWebhookPlace } from '../../core/targets/webhook-place.ts';
import { replayWebhook, type TargetRow } from '../../store/targets/targets.ts';
import { webhookCredentials, webhookSettings } from '../connectors/webhook/settings.ts';
import { readPlace } from '../stored-place.ts';
import {
  changeTarget,
  credentialsOf,
  newSigningKey,
  recordTarget,
  requireTarget,
  type Targets,
} from './verbs.ts';
import type { TargetView } from './view.ts';

/** Behind which nothing lies: everything that the log still has comes after it. */
const OLDEST: CursorPlace = { kind: 'end', batch: 0 };

/**
 * Sends everything behind a place of the log again, or from the oldest entry that is kept; ids of messages are those
 * of the first time. Refuses `target.not_found`, and `target.invalid` for what is no webhook.
 */
export async function replay(
  targets: Targets,
  idOrName: string,
  { after, by }: { readonly after: CursorPlace | 'oldest'; readonly by: Attribution },
): Promise<void> {
  const row = await requireWebhook(targets, idOrName);
  const place = after === 'oldest' ? OLDEST : after;
  await targets.database.transaction(async (tx) => {
    const { delivered, givenUp, latest } = readPlace(row.cursor);
    const from = { ...firstWebhookPlace<CursorPlace>(), delivered, givenUp, latest, place };
    await replayWebhook(tx, row.n, storableJson(from));
    await recordTarget(tx, by, 'target.replayed', { id: row.id, name: row.name });
  });
  targets.wake();
}

export interface Rotated {
  readonly target: TargetView;
  /** The new signing secret, or the public key of the new private one; shown this once. Empty at the end. */
  readonly once: Readonly<Record<string, string>>;
}

/** Most keys that sign besides the newest. */
const MOST_PREVIOUS = 4;

/**
 * Gives a webhook a new signing key of the kind that its settings name. The ones before sign besides until `end`, so
 * that the receiver may change over at any moment. Refuses `target.not_found`, and `target.invalid` for what is no webhook.
 */
export async function rotateSigningKey(
  targets: Targets,
  idOrName: string,
  { step, by }: { readonly step: 'begin' | 'end'; readonly by: Attribution },
): Promise<Rotated> {
  const row = await requireWebhook(targets, idOrName);
  if (step === 'end') {
    const change = { credentials: { previousSigningKeys: [] } };
    return { target: await changeTarget(targets, row.id, { change, by }), once: {} };
  }
  const { signingSecret: old, previousSigningKeys } = webhookCredentials.parse(credentialsOf(targets, row));
  const made = newSigningKey(webhookSettings.parse(row.settings).signing, targets.random);
  const previous = [old, ...previousSigningKeys].slice(0, MOST_PREVIOUS);
  const change = { credentials: { signingSecret: made.signingSecret, previousSigningKeys: previous } };
  return { target: await changeTarget(targets, row.id, { change, by }), once: made.once };
}

async function requireWebhook(targets: Targets, idOrName: string): Promise<TargetRow> {
  const row = await requireTarget(targets, idOrName);
  if (row.type !== 'webhook') {
    throw new Refusal('target.invalid', { why: `${row.name} is no webhook, but of the type ${row.type}.` });
  }
  return row;
}
