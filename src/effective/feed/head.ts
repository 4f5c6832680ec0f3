/** Waiting for the feed: one look at its newest cut for all that wait in this process (P-02). */
import type { Connection } from '../../store/database.ts';
import { readFeedHead } from '../../store/effective/feed-pages.ts';

interface Waiter {
  readonly after: number;
  readonly done: () => void;
}

/** Without a wake. */
const POLL_MS = 1_000;

export class FeedHead {
  readonly #connection: Connection;
  readonly #pollMs: number;
  readonly #waiters = new Set<Waiter>();
  #newest = 0;
  #poll: NodeJS.Timeout | null = null;
  #isLooking = false;
  #isAsked = false;
  #isClosed = false;

  /** `pollMs`: after which it looks without having been woken. */
  constructor(connection: Connection, pollMs = POLL_MS) {
    this.#connection = connection;
    this.#pollMs = pollMs;
  }

  /** True when nobody waits any more: the process is ending, and readers have to come again. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** To be called when something was committed, here or elsewhere. */
  wake(): void {
    if (this.#waiters.size === 0) return;
    this.#isAsked = true;
    if (this.#isLooking) return;
    this.#isLooking = true;
    void this.#look().finally(() => (this.#isLooking = false));
  }

  /** Resolves when a cut newer than `after` is there, after `ms`, or when `signal` is aborted. */
  async wait(after: number, ms: number, signal: AbortSignal): Promise<void> {
    if (this.#newest > after || signal.aborted || this.#isClosed || ms <= 0) return;
    this.#poll ??= setInterval(() => this.wake(), this.#pollMs);
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.#waiters.delete(waiter);
        resolve();
      };
      const timer = setTimeout(done, ms);
      const waiter = { after, done };
      signal.addEventListener('abort', done);
      this.#waiters.add(waiter);
      this.wake();
    });
    if (this.#waiters.size === 0) this.#stopPolling();
  }

  /** Ends all waiting, for good. */
  close(): void {
    this.#isClosed = true;
    this.#stopPolling();
    for (const { done } of this.#waiters) done();
  }

  #stopPolling(): void {
    if (this.#poll !== null) clearInterval(this.#poll);
    this.#poll = null;
  }

  async #look(): Promise<void> {
    while (this.#isAsked) {
      this.#isAsked = false;
      try {
        this.#newest = Math.max(this.#newest, await readFeedHead(this.#connection));
      } catch {
        // The readers ask the database themselves when their time is up, and are told of the fault there.
        return;
      }
      for (const waiter of this.#waiters) if (waiter.after < this.#newest) waiter.done();
    }
  }
}
