/** The membership engine of an instance: the index in its thread, the feed's worker, and who waits for the feed. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { deriveKey } from '../core/seal.ts';
import { FeedHead } from '../effective/feed/head.ts';
import { hashKeyOf } from '../effective/index/member-hashes.ts';
import { IndexThread } from '../effective/thread/index-thread.ts';
import { type IndexFaults, SAMPLES, verifyIndex } from '../effective/verification.ts';
import type { Database } from '../store/database.ts';
import type { Wake } from '../store/wake.ts';

export interface MembershipParts {
  readonly database: Database;
  /** Where the thread connects to. */
  readonly url: string;
  readonly masterKey: Buffer;
  /** Where the index is kept between starts. */
  readonly dataDir: string;
  /** Id of the epoch, which a kept index must be of. */
  readonly epoch: string;
  readonly wake: Wake;
  readonly log: Logger;
}

export interface Membership {
  readonly index: IndexThread;
  readonly feedHead: FeedHead;
  /** Holds this instance's index against the database; where it differs it is thrown away and filled anew. */
  verify(): Promise<IndexFaults>;
  start(): void;
  stop(): Promise<void>;
}

/** What a command proves with that it has the master key of the installation. */
export function doctorToken(masterKey: Buffer): Buffer {
  return deriveKey(masterKey, 'doctor');
}

/** Makes both. Until `start`, and until the index is filled after it, reads are answered by the database. */
export function membershipOf({
  database,
  url,
  masterKey,
  dataDir,
  epoch,
  wake,
  log,
}: MembershipParts): Membership {
  const feedHead = new FeedHead(database);
  const index = new IndexThread({
    entry: new URL('../effective/thread/worker.js', import.meta.url),
    url,
    hashKey: hashKeyOf(deriveKey(masterKey, 'set-hash')),
    file: { path: join(dataDir, 'index.snapshot'), epoch },
    newId: randomUUID,
    // The cut is news for the other instances' readers too.
    onCut: wake.ring,
    onFault: (what, error) => log.warn({ err: error }, what),
  });
  wake.onRing(() => {
    index.wake();
    feedHead.wake();
  });
  return {
    index,
    feedHead,
    verify: async () => {
      const faults = await verifyIndex(database, index, SAMPLES);
      if (faults.differing.length > 0) await index.renew();
      return faults;
    },
    start: () => index.start(),
    stop: async () => {
      feedHead.close();
      await index.stop();
    },
  };
}
