/**
 * The wake: tells every reader of the log, here and in the other processes, that something was committed. It
 * carries nothing and may be lost; readers look by themselves too, only later. Within the process it is a call;
 * to the others goes one NOTIFY per 20 ms at most, on a connection of its own: inside the writing transactions it
 * would make them queue for one lock (1,800 to 370 writes a second with a busy listener).
 */
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';

export interface WakeOptions {
  /** A session connection; a transaction pooler would lose the LISTEN. */
  readonly directUrl: string;
  /** Tells this process's notifications from those of others. */
  readonly instance: string;
  /** Told when the connection is lost; it is made anew by itself. */
  readonly onFault: (error: unknown) => void;
}

const CHANNEL = 'muster_wake';
const COALESCED_MS = 20;
const RETRY_MS = 1_000;

export class Wake {
  readonly #options: WakeOptions;
  readonly #listeners = new Set<() => void>();
  #client: pg.Client | null = null;
  #isClosed = false;
  #isCalling = false;
  #telling: Promise<void> | null = null;

  /** Works within the process at once; with the others from `start` on. */
  constructor(options: WakeOptions) {
    this.#options = options;
  }

  /** To be called after a commit. */
  readonly ring = (): void => {
    this.#call();
    this.#telling ??= this.#tellOthers();
  };

  /** Calls `listener` soon after rings, several at once as one, until the answered function is called. */
  onRing(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Connects, and stays connected until closed. Resolves after the first attempt, good or not. */
  async start(): Promise<void> {
    const ended = await this.#connect();
    void this.#stayConnected(ended);
  }

  /** Sends what is still to be told, and ends. */
  async close(): Promise<void> {
    await this.#telling;
    this.#isClosed = true;
    this.#listeners.clear();
    await this.#client?.end().catch(() => undefined);
  }

  #call(): void {
    if (this.#isCalling) return;
    this.#isCalling = true;
    setImmediate(() => {
      this.#isCalling = false;
      for (const listener of this.#listeners) listener();
    });
  }

  async #tellOthers(): Promise<void> {
    await pause(COALESCED_MS);
    this.#telling = null;
    try {
      await this.#client?.query('select pg_notify($1, $2)', [CHANNEL, this.#options.instance]);
    } catch {
      // The connection was just lost, which is reported where it is made anew; the others look by themselves.
    }
  }

  async #stayConnected(first: Ending | null): Promise<void> {
    let ending = first;
    for (;;) {
      await (ending?.ended ?? pause(RETRY_MS, undefined, { ref: false }));
      this.#client = null;
      if (this.#isClosed) return;
      ending = await this.#connect();
    }
  }

  /** Null when no connection is to be had. */
  async #connect(): Promise<Ending | null> {
    const { directUrl, instance, onFault } = this.#options;
    const client = new pg.Client({
      connectionString: directUrl,
      application_name: 'muster wake',
      keepAlive: true,
    });
    const ended = new Promise<void>((resolve) => {
      client
        .once('error', onFault)
        .on('error', () => resolve())
        .once('end', () => resolve());
    });
    client.on('notification', ({ payload }) => {
      if (payload !== instance) this.#call();
    });
    try {
      await client.connect();
      await client.query(`listen ${CHANNEL}`);
    } catch (error) {
      onFault(error);
      return null;
    }
    this.#client = client;
    this.#call();
    return { ended };
  }
}

/** Resolves when a connection has ended, for whatever reason. */
interface Ending {
  readonly ended: Promise<void>;
}
