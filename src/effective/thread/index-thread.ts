/**
 * The main thread's end of the index's thread. It starts in the background: until it is ready, and whenever it is
 * not, reads answer null and the database answers instead. A thread that dies is started anew.
 */
import { rmSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { Position } from '../../core/position.ts';
import type { IndexReads, PageAnswer, PageAsk, TagAsk } from '../asks.ts';
import type { FromThread, ThreadData, ToThread } from './messages.ts';

export interface IndexThreadParts {
  /** The worker's file: `thread/worker.js` of the build. */
  readonly entry: URL;
  /** Where the database is. A session connection is not needed. */
  readonly url: string;
  readonly hashKey: Uint32Array;
  /** Where the index is kept between starts, and of which epoch it must be; null keeps none. */
  readonly file: ThreadData['file'];
  /** Makes the uuid under which a start holds the feed's lease. */
  readonly newId: () => string;
  /** Called after the feed was cut: its readers look at once. */
  readonly onCut: () => void;
  readonly onFault: (what: string, error: unknown) => void;
}

const RESTART_MS = 1_000;

export class IndexThread implements IndexReads {
  readonly #parts: IndexThreadParts;
  readonly #asked = new Map<number, (answer: PageAnswer | string | null) => void>();
  #worker: Worker | null = null;
  #ended: Promise<void> = Promise.resolve();
  #isReady = false;
  #isStopping = false;
  #restart: NodeJS.Timeout | null = null;
  #lastId = 0;

  constructor(parts: IndexThreadParts) {
    this.#parts = parts;
  }

  /** True when the index answers. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Starts the thread; does not wait until the index is filled. */
  start(): void {
    const { entry, url, hashKey, file, newId, onFault } = this.#parts;
    const workerData: ThreadData = { url, hashKey, file, holder: newId() };
    const worker = new Worker(entry, { workerData });
    this.#worker = worker;
    worker.on('message', (message: FromThread) => this.#hear(message));
    worker.on('error', (error) => onFault('The thread of the index failed; it is started anew.', error));
    this.#ended = new Promise((resolve) => {
      worker.once('exit', () => {
        this.#lose();
        resolve();
      });
    });
  }

  /** To be called when something was committed. */
  wake(): void {
    this.#tell({ kind: 'wake' });
  }

  /** Finishes what is in hand and lets another instance take over the feed. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    if (this.#restart !== null) clearTimeout(this.#restart);
    this.#tell({ kind: 'stop' });
    await this.#ended;
  }

  /** Throws the index away, and what is kept of it; it is filled from the database. Meanwhile the database answers. */
  async renew(): Promise<void> {
    const { file } = this.#parts;
    await this.#worker?.terminate();
    if (file !== null) rmSync(file.path, { force: true });
  }

  async page(ask: Omit<PageAsk, 'kind'>, at: Position): Promise<PageAnswer | null> {
    const answer = await this.#ask({ kind: 'page', ...ask }, at);
    return typeof answer === 'string' ? null : answer;
  }

  async tag(group: number, at: Position): Promise<string | null> {
    const answer = await this.#ask({ kind: 'tag', group }, at);
    return typeof answer === 'string' ? answer : null;
  }

  async #ask(ask: PageAsk | TagAsk, at: Position): Promise<PageAnswer | string | null> {
    if (!this.#isReady) return null;
    const id = (this.#lastId += 1);
    return new Promise((resolve) => {
      this.#asked.set(id, resolve);
      this.#tell({ kind: 'ask', id, ask, at: at.text });
    });
  }

  #tell(message: ToThread): void {
    this.#worker?.postMessage(message);
  }

  #hear(message: FromThread): void {
    switch (message.kind) {
      case 'ready':
        this.#isReady = true;
        return;
      case 'cut':
        this.#parts.onCut();
        return;
      case 'fault':
        this.#parts.onFault(message.what, message.error);
        return;
      case 'answer':
        this.#asked.get(message.id)?.(message.answer);
        this.#asked.delete(message.id);
        return;
    }
  }

  #lose(): void {
    this.#worker = null;
    this.#isReady = false;
    for (const resolve of this.#asked.values()) resolve(null);
    this.#asked.clear();
    if (!this.#isStopping) this.#restart = setTimeout(() => this.start(), RESTART_MS);
  }
}
