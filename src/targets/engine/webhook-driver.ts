/**
 * Driving a webhook: a reader of the change feed with a durable cursor, in order, one message at a time. The
 * cursor moves behind an entry once it was accepted or given up, in a transaction of the lease's holder.
 */
import type { Cursors, CursorPlace } from '../../core/cursor.ts';
import { Refusal } from '../../core/refusal.ts';
import { storableJson } from '../../core/targets/foreign-text.ts';
import { describeOutcome } from '../../core/targets/outcome.ts';
import { afterTry, type Head, type WebhookPlace } from '../../core/targets/webhook-place.ts';
import { type FeedPage, readFeed } from '../../effective/feed/reader.ts';
import { raiseAlert } from '../../store/alerts.ts';
import type { Database } from '../../store/database.ts';
import type { FeedRow } from '../../store/effective/feed-pages.ts';
import { idsOfMembers } from '../../store/effective/membership.ts';
import type { Lease } from '../../store/leases.ts';
import { pauseTarget, saveWebhookPlace, type TargetRow } from '../../store/targets/targets.ts';
import { type WebhookMessage, type WebhookReceiver } from '../connectors/webhook/delivery.ts';
import { openWebhook } from '../connectors/webhook/open.ts';
import { gapMessage, messageOf } from '../connectors/webhook/payload.ts';
import { webhookSettings } from '../connectors/webhook/settings.ts';
import { type Exchange, redactExchange } from '../exchange.ts';
import { readPlace } from '../stored-place.ts';
import type { Bell } from './bell.ts';
import type { Listener, World } from './context.ts';
import { requireLease } from './lease.ts';
import { OutageLog } from './outage-log.ts';
import { Recorder } from './recorder.ts';
import { type Deliveries, serveDeliveries } from './webhook-push.ts';

export interface WebhookDrive {
  readonly database: Database;
  readonly row: TargetRow;
  readonly credentials: Readonly<Record<string, unknown>>;
  readonly cursors: Cursors;
  readonly lease: Lease;
  readonly bell: Bell;
  readonly world: World;
  readonly listener: Listener;
  readonly isOver: () => boolean;
}

type At = WebhookPlace<CursorPlace>;

const PAGE = 100;
const LOOK_EVERY_MS = 1_000;

/** Runs until it is over, its lease is lost, or the receiver wants no more. */
export async function driveWebhook(parts: WebhookDrive): Promise<void> {
  const { database, row, credentials, world, bell, listener, isOver } = parts;
  const recorder = new Recorder();
  let last: Exchange | null = null;
  const heard = (exchange: Exchange): void => {
    last = exchange;
    const { method, url, status, ms } = exchange;
    recorder.record({
      ...{ operation: method, what: url },
      outcome: `${status ?? 'no answer'} in ${Math.round(ms)} ms`,
    });
  };
  const receiver = openWebhook(row.settings, credentials, { now: world.now, heard });
  const outages = new OutageLog(parts);
  const delivery = new Delivery(parts, { receiver, recorder, outages, lastExchange: () => last });
  let since: number | null = null;
  try {
    await outages.begin();
    while (!isOver()) {
      await serveDeliveries(database, row, { delivery, recorder });
      if (row.mode !== 'enforce') {
        await bell.wait(LOOK_EVERY_MS);
        continue;
      }
      const waitMs = await delivery.turn();
      if (waitMs === null) return;
      since = delivery.waitsFor() === null ? null : (since ?? world.now());
      listener.onWaiting?.({ count: since === null ? 0 : 1, since });
      if (waitMs > 0) await bell.wait(Math.min(waitMs, LOOK_EVERY_MS));
    }
  } finally {
    await receiver.close();
  }
}

interface Wire {
  readonly receiver: WebhookReceiver;
  readonly recorder: Recorder;
  readonly outages: OutageLog;
  /** What went over the wire last. */
  readonly lastExchange: () => Exchange | null;
}

/** The messages of one webhook, one after the other. */
class Delivery implements Deliveries {
  readonly #parts: WebhookDrive;
  readonly #wire: Wire;
  readonly #groups: ReadonlySet<string> | null;
  readonly #types: readonly string[];
  #at: At;
  #saved: string | null = null;
  /** The target was changed since: what stands here is not to be gone on with. */
  #isMoved = false;

  constructor(parts: WebhookDrive, wire: Wire) {
    const { row } = parts;
    this.#parts = parts;
    this.#wire = wire;
    this.#groups = row.all_users || row.groups.length === 0 ? null : new Set(row.groups);
    this.#types = webhookSettings.parse(row.settings).types;
    this.#at = readPlace(row.cursor);
  }

  /** Why a message that failed waits for its next try, and all that came after it behind it; null while none does. */
  waitsFor(): string | null {
    return this.#at.dueAt === null ? null : (this.#at.why ?? '');
  }

  isOver(): boolean {
    return this.#isMoved || this.#parts.isOver();
  }

  /** What would be sent next, at most a page. */
  async ahead(): Promise<{ readonly rows: readonly FeedRow[]; readonly isMore: boolean }> {
    const { rows, isMore } = await this.#read();
    return { rows: rows.filter((row) => this.#isWanted(row)), isMore };
  }

  /**
   * Delivers what there is, a page at most; answers how long to wait, null when the receiver wants no more. `isEarly`
   * tries a message that waits for its time at once.
   */
  async turn({ isEarly }: { readonly isEarly: boolean } = { isEarly: false }): Promise<number | null> {
    const { world } = this.#parts;
    if (this.isOver()) return null;
    const early = (this.#at.dueAt ?? 0) - world.now();
    if (early > 0 && !isEarly) return early;
    if (this.#at.gap !== null) {
      const notice = gapMessage(this.#at.gap, world.now());
      const message = { id: notice.id, type: 'gap', group: null, happenedAt: null };
      const went = await this.#try({ behind: null, since: null, message }, notice);
      if (went !== 'on') return went === 'stop' ? null : 1;
    }
    const page = await this.#read();
    const ids = await this.#idsOf(page.rows);
    for (const row of page.rows) {
      if (this.isOver()) return 0;
      const behind: CursorPlace = { kind: 'row', xid: row.xid, seq: row.seq };
      const { cursors } = this.#parts;
      const before = this.#at.place;
      if (!this.#isWanted(row)) {
        this.#at = { ...this.#at, place: behind };
        continue;
      }
      const sent = messageOf({ row, ids, cursors, before });
      const since = before === null ? null : cursors.seal(before);
      const { type, group_id: group, at } = row;
      const message = { id: sent.id, type, group, happenedAt: at.toISOString() };
      const went = await this.#try({ behind, since, message }, sent);
      if (went !== 'on') return went === 'stop' ? null : 1;
      if (this.#at.gap !== null) return 0;
    }
    await this.#save({ ...this.#at, place: page.end });
    return page.isMore ? 0 : LOOK_EVERY_MS;
  }

  async #try(head: Head<CursorPlace>, message: WebhookMessage): Promise<'on' | 'wait' | 'stop'> {
    const { world, listener } = this.#parts;
    const { receiver, recorder, outages, lastExchange } = this.#wire;
    const outcome = await receiver.deliver(message);
    listener.onOutcome({ operation: 'deliver', what: message.id, outcome });
    const { type } = head.message;
    recorder.record({
      operation: 'deliver',
      what: `${message.id} ${type}`,
      outcome: describeOutcome(outcome),
    });
    const last = lastExchange();
    const exchange = last === null ? null : redactExchange(last);
    const moment = { now: world.now(), random: world.random() };
    const step = afterTry(this.#at, { head, outcome, exchange }, moment);
    if (step.kind === 'stop') {
      await this.#stop(step.why);
      return 'stop';
    }
    const { failingSince: since, why } = step.next;
    await outages.note(since === null ? null : { since, why });
    await this.#save(step.next);
    return step.kind;
  }

  /** The next page. What was removed from the log before it was delivered is a gap, and the oldest kept comes next. */
  async #read(): Promise<FeedPage> {
    const { database } = this.#parts;
    const query = { limit: PAGE, filter: { types: this.#types, group: null } };
    try {
      return await readFeed(database, { ...query, after: this.#at.place ?? 'now' });
    } catch (error) {
      if (!(error instanceof Refusal && error.code === 'cursor.expired')) throw error;
      this.#at = { ...this.#at, gap: { since: null, count: (this.#at.gap?.count ?? 0) + 1 } };
      return readFeed(database, { ...query, after: 'oldest' });
    }
  }

  #isWanted({ group_id: group }: FeedRow): boolean {
    return this.#groups === null || group === null || this.#groups.has(group);
  }

  async #idsOf(rows: readonly FeedRow[]): Promise<Awaited<ReturnType<typeof idsOfMembers>>> {
    const numbers = new Set(rows.flatMap(({ added, removed }) => [...(added ?? []), ...(removed ?? [])]));
    return numbers.size === 0 ? new Map() : idsOfMembers(this.#parts.database, [...numbers]);
  }

  async #save(at: At): Promise<void> {
    const isSame = storableJson(at) === this.#saved;
    this.#at = at;
    if (isSame) return;
    const { database, lease, row } = this.#parts;
    const text = storableJson(at);
    await database.transaction(async (tx) => {
      await requireLease(tx, lease);
      this.#isMoved = !(await saveWebhookPlace(tx, row, text));
    });
    this.#saved = text;
  }

  async #stop(why: string): Promise<void> {
    const { database, lease, row } = this.#parts;
    await database.transaction(async (tx) => {
      await requireLease(tx, lease);
      const told = `The receiver wants no more messages: ${why}`;
      await pauseTarget(tx, row.n, told);
      await this.#wire.outages.stopped(tx);
      const details = { target: row.name, why: told };
      await raiseAlert(tx, { kind: 'target.quarantined', subject: row.id, details });
    });
  }
}
