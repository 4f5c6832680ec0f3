/**
 * Threads that check what strangers send. So many at once, so many waiting, and each check has a deadline: a thread
 * that has not answered by then is ended and another one takes its place. Threads start with the first check.
 *
 * A thread is loading, idle or busy with one check. Its deadline runs from when the check is handed to it. An ended
 * thread answers nothing more: what it was busy with is answered here, once, whichever of the deadline, its end and
 * its answer comes first.
 */
import { Worker } from 'node:worker_threads';
import type { MetadataRead, MetadataTask } from '../metadata/read.ts';
import type { ResponseRead, ResponseTask } from './response.ts';
import type { FromVerifier, Task } from './worker.ts';

export interface VerifierParts {
  /** The worker's file: `verify/worker.js` of the build. */
  readonly entry: URL;
  readonly threads?: number;
  readonly deadlineMs?: number;
  readonly waiting?: number;
}

/** Longer than any honest response takes, far shorter than a dishonest one may. */
const DEADLINE_MS = 2_000;
/** Aggregates of federations are tens of megabytes. */
const METADATA_DEADLINE_MS = 60_000;
const THREADS = 2;
const WAITING = 64;

type Outcome = FromVerifier | 'busy' | 'timeout';

interface Job {
  readonly task: Task;
  readonly deadlineMs: number;
  readonly settle: (outcome: Outcome) => void;
}

interface Thread {
  readonly worker: Worker;
  job: Job | null;
  timer: NodeJS.Timeout | null;
  isReady: boolean;
}

export class Verifier {
  readonly #entry: URL;
  readonly #size: number;
  readonly #deadlineMs: number;
  readonly #mayWait: number;
  readonly #threads = new Set<Thread>();
  readonly #queue: Job[] = [];
  #isStopping = false;

  constructor({ entry, threads = THREADS, deadlineMs = DEADLINE_MS, waiting = WAITING }: VerifierParts) {
    this.#entry = entry;
    this.#size = threads;
    this.#deadlineMs = deadlineMs;
    this.#mayWait = waiting;
  }

  /** Checks a response; refuses `verify.busy` and `verify.timeout`. */
  async response(task: ResponseTask): Promise<ResponseRead> {
    const outcome = await this.#run({ kind: 'response', task }, this.#deadlineMs);
    if (outcome === 'busy') return { kind: 'refused', reason: 'verify.busy' };
    if (typeof outcome === 'object' && outcome.kind === 'response') return outcome.read;
    return { kind: 'refused', reason: 'verify.timeout' };
  }

  /** Reads metadata; a faulty one is an answer, as is one that takes too long. */
  async metadata(task: MetadataTask): Promise<MetadataRead> {
    const outcome = await this.#run({ kind: 'metadata', task }, METADATA_DEADLINE_MS);
    if (typeof outcome === 'object' && outcome.kind === 'metadata') return outcome.read;
    return { kind: 'faulty', why: 'They took too long to read.' };
  }

  /** Ends the threads. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const { settle } of this.#queue.splice(0)) settle('busy');
    await Promise.all([...this.#threads].map(({ worker }) => worker.terminate()));
  }

  #run(task: Task, deadlineMs: number): Promise<Outcome> {
    if (this.#isStopping || this.#queue.length >= this.#mayWait) return Promise.resolve('busy');
    return new Promise((settle) => {
      this.#queue.push({ task, deadlineMs, settle });
      this.#assign();
    });
  }

  #assign(): void {
    const idle = [...this.#threads].find(({ isReady, job }) => isReady && job === null);
    if (idle === undefined) {
      const loading = [...this.#threads].filter(({ isReady }) => !isReady).length;
      if (this.#threads.size < this.#size && loading < this.#queue.length) this.#start();
      return;
    }
    const job = this.#queue.shift();
    if (job === undefined) return;
    idle.job = job;
    idle.timer = setTimeout(() => this.#end(idle, 'timeout'), job.deadlineMs);
    idle.worker.postMessage(job.task);
    this.#assign();
  }

  #start(): void {
    const thread: Thread = { worker: new Worker(this.#entry), job: null, timer: null, isReady: false };
    this.#threads.add(thread);
    // Nothing that waits in here keeps a process alive that has been asked to end.
    thread.worker.unref();
    thread.worker.on('message', (message: FromVerifier) => {
      if (message.kind === 'ready') thread.isReady = true;
      else this.#settle(thread, message);
      this.#assign();
    });
    thread.worker.on('error', () => this.#end(thread, 'timeout'));
    thread.worker.on('exit', () => this.#end(thread, 'timeout'));
  }

  #settle(thread: Thread, outcome: Outcome): void {
    if (thread.timer !== null) clearTimeout(thread.timer);
    const { job } = thread;
    thread.job = null;
    thread.timer = null;
    job?.settle(outcome);
  }

  #end(thread: Thread, outcome: Outcome): void {
    if (!this.#threads.delete(thread)) return;
    this.#settle(thread, outcome);
    void thread.worker.terminate();
    // A thread that cannot even load must not be started for ever.
    if (thread.isReady) this.#assign();
    else for (const { settle } of this.#queue.splice(0)) settle('busy');
  }
}
