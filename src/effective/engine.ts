/**
 * The life of the membership engine in one instance: an index that follows the log, and, while this instance holds
 * the lease, the feed's worker. It turns when it is woken, when somebody waits for a position, and by itself now
 * and then, since wakes may be lost.
 *
 * Delivering: free (somebody else holds the lease) → taken (the lease is ours, the ledger not yet compared) →
 * steady (each step's deltas are the difference). Any fault leads back to free: the lease is asked for again and
 * the whole ledger compared, so it does not matter what became of the transaction that failed.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { covers, type Position } from '../core/position.ts';
import type { Database } from '../store/database.ts';
import { readLastBatch } from '../store/effective/log-tail.ts';
import { giveUpLease, type Lease, takeLease } from '../store/leases.ts';
import { type Cut, cutStep, cutSweep, type Tenure } from './feed/cutter.ts';
import { disposeStep, Follower, type Step } from './follow/follower.ts';
import type { IndexFile } from './follow/saved-index.ts';
import type { MembershipIndex } from './index/membership-index.ts';
import type { SetHash } from './index/set-hash.ts';

export interface EngineParts {
  readonly database: Database;
  /** The same on every instance, so that equal sets have equal tags. */
  readonly hashKey: SetHash;
  /** Where the index is kept between starts; null keeps none. */
  readonly file: IndexFile | null;
  /** A uuid made anew by every start. */
  readonly holder: string;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** Milliseconds after which it turns without having been woken; {@link POLL_MS} where none is given. */
  readonly pollMs?: number;
  /** Called after every cut: readers of the feed look at once. */
  readonly onCut: () => void;
  /** Told of what failed and is tried again. */
  readonly onFault: (what: string, error: unknown) => void;
}

/** Whose holder cuts the feed. */
export const FEED_LEASE = 'feed';
const LEASE_SECONDS = 8;
const RENEW_MS = 2_500;
/** The whole ledger is compared so often, although nothing should be found. */
const SWEEP_MS = 600_000;
/** The index is saved so often, so that a start after a crash has little to follow. */
const SAVE_MS = 600_000;
/** Between turns under load: what commits meanwhile is one batch. */
const GAP_MS = 5;
/** Without a wake. */
const POLL_MS = 1_000;
const RETRY_MS = 500;

interface Waiter {
  readonly position: Position;
  readonly resolve: (isCovered: boolean) => void;
  readonly timer: NodeJS.Timeout;
}

export class Engine {
  readonly #parts: EngineParts;
  readonly #waiters = new Set<Waiter>();
  #follower: Follower | null = null;
  #tenure: Tenure | null = null;
  #lease: Lease | null = null;
  #renewedAt = -Infinity;
  #sweptAt = -Infinity;
  #savedAt = -Infinity;
  #isWoken = false;
  #isStopping = false;
  #rouse: () => void = () => undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(parts: EngineParts) {
    this.#parts = parts;
  }

  /** Fills the index, then follows. Rejects when the index cannot be filled. */
  async start(): Promise<void> {
    const { database, hashKey, file } = this.#parts;
    this.#follower = await Follower.open(database, hashKey, file);
    if (this.#follower.begun === 'from the database') await this.#save();
    else this.#savedAt = this.#parts.now();
    this.#running = this.#run();
  }

  /** Finishes the turn in hand and lets another instance take over at once. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#rouse();
    await this.#running;
    for (const waiter of this.#waiters) this.#answer(waiter, false);
    await this.#save();
    if (this.#lease !== null) await giveUpLease(this.#parts.database, this.#lease).catch(() => undefined);
    this.#follower?.dispose();
    this.#follower = null;
  }

  /** To be called when something was committed. */
  wake(): void {
    this.#isWoken = true;
    this.#rouse();
  }

  /** The index, as of {@link position}; null before the start. To be used at once, not kept. */
  get index(): MembershipIndex | null {
    return this.#follower?.index ?? null;
  }

  /** Waits until the index sees what `position` sees; false when it does not within `patienceMs`. */
  async reaches(position: Position, patienceMs: number): Promise<boolean> {
    if (this.#follower === null || this.#isStopping) return false;
    if (covers(this.#follower.position, position)) return true;
    return new Promise((resolve) => {
      const waiter: Waiter = {
        position,
        resolve,
        timer: setTimeout(() => this.#answer(waiter, false), patienceMs),
      };
      this.#waiters.add(waiter);
      this.wake();
    });
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      this.#isWoken = false;
      try {
        await this.#turn();
        if (this.#parts.now() - this.#savedAt > SAVE_MS) await this.#save();
        await pause(GAP_MS);
      } catch (error) {
        this.#tenure = null;
        this.#renewedAt = -Infinity;
        this.#parts.onFault('Following the log failed; it is tried again.', error);
        await pause(RETRY_MS);
      }
      await this.#untilWoken();
    }
  }

  /** What fails here costs the next start some seconds, and nothing else. */
  async #save(): Promise<void> {
    const { file, onFault, now } = this.#parts;
    this.#savedAt = now();
    if (file === null) return;
    try {
      await this.#follower?.save(file);
    } catch (error) {
      onFault('The index could not be saved; the next start will take longer.', error);
    }
  }

  async #untilWoken(): Promise<void> {
    if (this.#isStopping || this.#isWoken) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#parts.pollMs ?? POLL_MS);
      this.#rouse = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#rouse = () => undefined;
  }

  async #turn(): Promise<void> {
    const follower = this.#follower;
    if (follower === null) return;
    await this.#keepLease();
    const step = await follower.step();
    try {
      for (const waiter of this.#waiters) {
        if (covers(step.to, waiter.position)) this.#answer(waiter, true);
      }
      await this.#deliver(follower, step);
    } finally {
      disposeStep(step);
    }
  }

  /** Takes or renews the lease. A lease that was lost in between starts a new tenure. */
  async #keepLease(): Promise<void> {
    const { database, holder, now } = this.#parts;
    if (now() - this.#renewedAt < RENEW_MS) return;
    const lease = await takeLease(database, { name: FEED_LEASE, holder, seconds: LEASE_SECONDS });
    this.#renewedAt = now();
    if (lease?.token !== this.#lease?.token) this.#tenure = null;
    this.#lease = lease;
  }

  async #deliver(follower: Follower, step: Step): Promise<void> {
    if (this.#lease === null) return;
    const { database, now, onCut, onFault } = this.#parts;
    const isSweep = this.#tenure === null || step.deltas === null || now() - this.#sweptAt > SWEEP_MS;
    if (!isSweep && step.marks.length === 0) return;
    const tenure = this.#tenure ?? { lease: this.#lease, last: await readLastBatch(database) };
    const cut: Cut | null = isSweep
      ? await cutSweep(database, { tenure, held: follower, to: step.to })
      : await cutStep(database, { tenure, held: follower, step });
    if (cut === null) {
      this.#tenure = null;
      this.#lease = null;
      return;
    }
    if (isSweep) this.#sweptAt = now();
    this.#tenure = cut.n === tenure.last.n ? tenure : { ...tenure, last: { n: cut.n, position: step.to } };
    if (cut.n !== tenure.last.n) onCut();
    if (cut.unexplained > 0) {
      onFault(
        `The feed was behind by ${cut.unexplained} entries that no change explains; it is mended.`,
        null,
      );
    }
  }

  #answer(waiter: Waiter, isCovered: boolean): void {
    if (!this.#waiters.delete(waiter)) return;
    clearTimeout(waiter.timer);
    waiter.resolve(isCovered);
  }
}
