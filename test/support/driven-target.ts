import { randomUUID } from 'node:crypto';
import { CLOSED } from '../../src/core/targets/circuit.ts';
import { takeLease } from '../../src/store/leases.ts';
import { listTargets } from '../../src/store/targets/targets.ts';
import { CONNECTOR_TYPES } from '../../src/targets/connectors/types.ts';
import { type Driver, makeDriver } from '../../src/targets/engine/driver.ts';
import { Bell } from '../../src/targets/engine/bell.ts';
import { leaseName } from '../../src/targets/engine/lease.ts';
import { noteExchange } from '../../src/targets/engine/overhearing.ts';
import { readLimits, withLearned } from '../../src/targets/stored.ts';
import type { TestTargets } from './target-engine.ts';

/** A SCIM target that is driven turn by turn, under a clock that stands still until it is told to go on. */
export interface DrivenTarget {
  readonly driver: Driver;
  /** Takes turns until nothing is to be done at this moment; throws when that does not come. */
  rest(): Promise<void>;
  /** Lets time pass; what waits for a moment that is over then is due. */
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** Far more turns than any of the tests needs to come to rest. */
const MOST_TURNS = 400;
const DAY_MS = 86_400_000;

/**
 * Takes the target of that name over; the engine of `on` must drive nothing. With a circuit that `never opens` every
 * object has to come to rest by itself.
 */
export async function driveTarget(
  { database, targets }: TestTargets,
  name: string,
  { circuit = 'works' }: { readonly circuit?: 'works' | 'never opens' } = {},
): Promise<DrivenTarget> {
  const row = (await listTargets(database)).find((target) => target.name === name);
  const lease =
    row === undefined
      ? null
      : await takeLease(database, { name: leaseName(row.n), holder: randomUUID(), seconds: 3_600 });
  if (row === undefined || lease === null || row.type !== 'scim')
    throw new Error(`Nobody can drive ${name}.`);
  // The database has a clock of its own, which must not come to what waits for this one.
  let now = Date.now() + DAY_MS;
  const world = { now: () => now, random: () => 0.5 };
  const open = CONNECTOR_TYPES.scim.open(row.settings, targets.vault.open(row.id, row.credentials), {
    now: world.now,
    filesDir: targets.filesDir,
    heard: noteExchange,
  });
  await database.rows({ text: 'update target set observed_at = clock_timestamp()' });
  const driver = makeDriver({
    ...{ database, target: row.n, id: row.id, name, lease, mode: row.mode, version: row.version, world },
    guards: readLimits(row.guards),
    open: { ...open, traits: withLearned(open.traits, row.learned) },
    circuit: CLOSED,
    sweptAt: null,
    isOtherwiseSet: true,
    listener: { onOutcome: () => undefined },
    bell: new Bell(),
    isOver: () => false,
    servePushes: () => Promise.resolve(),
  });
  if (circuit === 'never opens') {
    Object.defineProperty(driver.context, 'circuit', { get: () => CLOSED, set: () => undefined });
  }
  return {
    driver,
    rest: async () => {
      for (let turn = 0; turn < MOST_TURNS; turn += 1) {
        // A large push to a target that forgets would be stopped by its canary (O-07); here it goes on.
        driver.context.canary = { left: 0 };
        const hasNews = await driver.look();
        const worked = await driver.push();
        const hasSeen = await driver.observe();
        if (!hasNews && worked === 0 && !hasSeen) return;
      }
      throw new Error(`${name} has no rest.`);
    },
    pass: async (ms) => {
      now += ms;
      await database.rows(
        {
          text: `update target_object set due_at = null where target_n = $1 and due_at <= to_timestamp($2 / 1000.0)`,
        },
        [row.n, now],
      );
    },
    close: () => open.connector.close(),
  };
}
