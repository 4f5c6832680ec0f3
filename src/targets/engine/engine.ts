/**
 * The engine: a driver for every target whose lease this process gets. Each target is driven by itself, so that
 * a dead one never delays a healthy one; with several instances the targets spread over them, and when one dies
 * the others take over as its leases end.
 */
import { randomUUID } from 'node:crypto';
import type { Cursors } from '../../core/cursor.ts';
import type { Database } from '../../store/database.ts';
import { giveUpLease, type Lease, takeLease } from '../../store/leases.ts';
import { listTargets, readTarget, takeOverOldEpochs, type TargetRow } from '../../store/targets/targets.ts';
import { CONNECTOR_TYPES, isConnectedType } from '../connectors/types.ts';
import type { Vault } from '../secrets.ts';
import { readCircuit, readLimits, withLearned } from '../stored.ts';
import { Bell } from './bell.ts';
import type { Listener, World } from './context.ts';
import { drive } from './driver.ts';
import { leaseName, LeaseLost } from './lease.ts';
import { noteExchange } from './overhearing.ts';
import { servePushes } from './push-order.ts';
import { Recorder } from './recorder.ts';
import { driveWebhook } from './webhook-driver.ts';

export interface EngineParts {
  readonly database: Database;
  readonly vault: Vault;
  readonly cursors: Cursors;
  readonly world: World;
  readonly listener: (target: string) => Listener;
  /** A fault while driving a target; it is driven again after a while. */
  readonly onFault: (target: string, error: unknown) => void;
  /** Folder of the files that are targets. */
  readonly filesDir: string;
  readonly leaseSeconds?: number;
}

const LEASE_SECONDS = 10;
/** How often the list of targets is read, besides when somebody rings. */
const LIST_EVERY_MS = 500;
/** A target whose driving failed by a fault of ours is left alone for so long. */
const FAULT_PAUSE_MS = 5_000;

const NEW_EPOCH =
  'The database was restored, copied or moved: resume the target when this is the one that shall push.';

interface Running {
  readonly version: number;
  readonly bell: Bell;
  readonly stop: () => Promise<void>;
}

export class TargetEngine {
  readonly #parts: EngineParts;
  readonly #running = new Map<number, Running>();
  readonly #restAfterFault = new Map<number, number>();
  readonly #bell = new Bell();
  #isStopping = false;
  #loop: Promise<void> | null = null;

  constructor(parts: EngineParts) {
    this.#parts = parts;
  }

  /** Begins to drive targets, now and as they come. */
  start(): void {
    this.#loop ??= this.#manage();
  }

  /** Something was committed: every target looks at once. */
  readonly wake = (): void => {
    for (const { bell } of this.#running.values()) bell.ring();
  };

  /** Ends what is in hand and gives the leases back. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#bell.ring();
    await this.#loop;
    await Promise.all([...this.#running.values()].map(({ stop }) => stop()));
  }

  async #manage(): Promise<void> {
    let isTakenOver = false;
    while (!this.#isStopping) {
      try {
        if (!isTakenOver) await takeOverOldEpochs(this.#parts.database, NEW_EPOCH);
        isTakenOver = true;
        await this.#compare(await listTargets(this.#parts.database));
      } catch (error) {
        this.#parts.onFault('', error);
      }
      await this.#bell.wait(LIST_EVERY_MS);
    }
  }

  async #compare(rows: readonly TargetRow[]): Promise<void> {
    const active = new Map(rows.filter(({ mode }) => mode !== 'off').map((row) => [row.n, row]));
    for (const [n, running] of this.#running) {
      if (active.get(n)?.version !== running.version) await running.stop();
    }
    for (const [n, row] of active) {
      const rests = (this.#restAfterFault.get(n) ?? 0) > this.#parts.world.now();
      if (this.#running.has(n) || rests || this.#isStopping) continue;
      const begun = await beginDriving(this.#parts, row, (error) => this.#ended(row, error));
      if (begun !== null) this.#running.set(n, begun);
    }
  }

  #ended({ n, name }: TargetRow, error: unknown): void {
    this.#running.delete(n);
    if (error === null) this.#bell.ring();
    if (error === null || error instanceof LeaseLost) return;
    this.#restAfterFault.set(n, this.#parts.world.now() + FAULT_PAUSE_MS);
    this.#parts.onFault(name, error);
  }
}

/** Drives a target until it is over, if its lease is to be had; null when another process holds it. */
export async function beginDriving(
  parts: EngineParts,
  row: TargetRow,
  ended: (error: unknown) => void,
): Promise<Running | null> {
  const { database } = parts;
  const seconds = parts.leaseSeconds ?? LEASE_SECONDS;
  const asked = { name: leaseName(row.n), holder: randomUUID(), seconds };
  const lease = await takeLease(database, asked);
  if (lease === null) return null;
  const bell = new Bell();
  const hold = holdOn(database, { lease, seconds });
  // Read again under the lease: what was listed may have been changed by its holder since.
  const current = await readTarget(database, row.n);
  const work =
    current === null ? Promise.resolve() : driveOne(parts, current, { lease, bell, isOver: hold.isOver });
  const done = work
    .then(
      () => null,
      (error: unknown) => error,
    )
    .then(async (error) => {
      await hold.end();
      await giveUpLease(database, lease).catch(() => undefined);
      parts.listener((current ?? row).name).onEnd?.();
      ended(error);
    });
  return {
    version: row.version,
    bell,
    stop: async () => {
      hold.stop();
      bell.ring();
      await done;
    },
  };
}

interface Hold {
  readonly isOver: () => boolean;
  readonly stop: () => void;
  readonly end: () => Promise<void>;
}

/** Renews a lease; once a renewal is late, the holder must count it as lost before anybody can take it over. */
function holdOn(database: Database, { lease, seconds }: { lease: Lease; seconds: number }): Hold {
  let until = performance.now() + seconds * 1_000;
  let isStopped = false;
  let renewing: Promise<void> = Promise.resolve();
  const renew = async (): Promise<void> => {
    const begun = performance.now();
    try {
      const renewed = await takeLease(database, { name: lease.name, holder: lease.holder, seconds });
      if (renewed?.token === lease.token) until = begun + seconds * 1_000;
      else isStopped = true;
    } catch {
      // The database is away for a moment: the lease stands as long as its last renewal says.
    }
  };
  const timer = setInterval(() => (renewing = renew()), (seconds * 1_000) / 4);
  return {
    isOver: () => isStopped || performance.now() > until - (seconds * 1_000) / 4,
    stop: () => (isStopped = true),
    end: async () => {
      clearInterval(timer);
      await renewing;
    },
  };
}

async function driveOne(
  parts: EngineParts,
  row: TargetRow,
  held: { readonly lease: Lease; readonly bell: Bell; readonly isOver: () => boolean },
): Promise<void> {
  const { database, vault, world, cursors } = parts;
  const credentials = vault.open(row.id, row.credentials);
  const listener = parts.listener(row.name);
  if (!isConnectedType(row.type)) {
    await driveWebhook({ database, row, credentials, cursors, world, listener, ...held });
    return;
  }
  const recorder = new Recorder();
  const open = CONNECTOR_TYPES[row.type].open(row.settings, credentials, {
    now: world.now,
    filesDir: parts.filesDir,
    heard: (exchange) => {
      noteExchange(exchange);
      const { method, url, status, ms } = exchange;
      const outcome = `${status ?? 'no answer'} in ${Math.round(ms)} ms`;
      recorder.record({ operation: method, what: url, outcome });
    },
  });
  try {
    await drive({
      ...held,
      database,
      target: row.n,
      id: row.id,
      name: row.name,
      mode: row.mode,
      guards: readLimits(row.guards),
      open: { ...open, traits: withLearned(open.traits, row.learned) },
      circuit: readCircuit(row.circuit),
      version: row.version,
      sweptAt: row.swept_version === row.version ? (row.swept_at?.getTime() ?? null) : null,
      isOtherwiseSet: (row.swept_version ?? 0) < row.settings_version,
      world,
      listener: {
        ...listener,
        onOutcome: (done) => {
          recorder.record({ operation: done.operation, what: done.what, outcome: done.outcome.kind });
          listener.onOutcome(done);
        },
      },
      servePushes: (driver) => servePushes(database, driver, recorder),
    });
  } finally {
    await open.connector.close();
  }
}
