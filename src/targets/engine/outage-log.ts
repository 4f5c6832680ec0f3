/** When a target stopped answering, answered again or was paused by Muster, as entries of the log: its history tells them. */
import { recordChange, recordOrigin } from '../../store/changes.ts';
import type { Database, Tx } from '../../store/database.ts';
import type { Lease } from '../../store/leases.ts';
import { findSource } from '../../store/sources.ts';
import { readLastOutage } from '../../store/targets/outages.ts';
import type { TargetRow } from '../../store/targets/targets.ts';
import { byEngine } from './attribution.ts';
import { requireLease } from './lease.ts';

export interface OutageLogParts {
  readonly database: Database;
  readonly row: Pick<TargetRow, 'id' | 'name'>;
  readonly lease: Lease;
}

/** That a target fails: since when, epoch ms, and what it or the way to it said. */
export interface Failing {
  readonly since: number;
  readonly why: string | null;
}

/** What a failure is called; the words of a service may name people, and the log is kept for ever. */
const CODE = /\b(?:E[A-Z_]{3,}|UND_ERR_[A-Z_]+|[A-Z_]*CERT[A-Z_]*|UNABLE_TO_[A-Z_]+|[45]\d\d)\b/;

/**
 * Writes one entry when a target stops answering and one when it answers again, whoever drove it before. One that
 * comes and goes is not told again within ten minutes of its return, so that it cannot fill the log; an outage that
 * lasts longer is told then.
 */
export class OutageLog {
  readonly #parts: OutageLogParts;
  /** What the log says, as far as this driver knows; null before it looked, and while an outage is not told yet. */
  #isDown: boolean | null = null;
  #work: Promise<void> = Promise.resolve();

  constructor(parts: OutageLogParts) {
    this.#parts = parts;
  }

  /** Looks up how the target stood, so that a try that succeeds has nothing to look up. */
  async begin(): Promise<void> {
    const last = await readLastOutage(this.#parts.database, this.#parts.row.id);
    this.#isDown = last?.type === 'target.down';
  }

  /** To be called after every try; null says that the target answered. */
  note(failing: Failing | null): Promise<void> {
    if (this.#isDown === (failing !== null)) return Promise.resolve();
    this.#work = this.#work.then(() => this.#tell(failing));
    return this.#work;
  }

  async #tell(failing: Failing | null): Promise<void> {
    const isDown = failing !== null;
    if (this.#isDown === isDown) return;
    const { database, row, lease } = this.#parts;
    const last = await readLastOutage(database, row.id);
    const wasDown = last?.type === 'target.down';
    const isTooSoon = isDown && !wasDown && last?.isRecent === true;
    if (isDown !== wasDown && !isTooSoon) {
      await database.transaction(async (tx) => {
        await requireLease(tx, lease);
        if (failing === null) await this.#record(tx, 'target.recovered', {});
        else await this.#record(tx, 'target.down', toldOf(failing));
      });
    }
    this.#isDown = isTooSoon ? null : isDown;
  }

  /** Writes, in the transaction that does it, that Muster paused the target. */
  stopped(tx: Tx): Promise<void> {
    return this.#record(tx, 'target.stopped', {});
  }

  async #record(tx: Tx, type: string, told: object): Promise<void> {
    const { id, name } = this.#parts.row;
    const source = await findSource(tx, 'system');
    if (source === null) return;
    const by = byEngine(name);
    const originN = await recordOrigin(tx, by);
    await recordChange(tx, { by, sourceN: source.n, originN }, { type, after: { id, name, ...told } });
  }
}

function toldOf({ since, why }: Failing): object {
  return { since: new Date(since).toISOString(), code: CODE.exec(why ?? '')?.[0] ?? null };
}
