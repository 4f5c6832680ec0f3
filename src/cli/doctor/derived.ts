/** What the doctor recomputes: everything that is derived from the directory, and may be thrown away at any time. */
import { randomBytes, randomUUID } from 'node:crypto';
import { request } from 'undici';
import { z } from 'zod';
import { readMasterKey } from '../../boot/master-key.ts';
import { doctorToken } from '../../boot/membership.ts';
import { readRunning } from '../../boot/running.ts';
import type { Settings } from '../../config.ts';
import { verifyClosure } from '../../directory/closure-repair.ts';
import {
  freshIndex,
  type IndexFaults,
  SAMPLES,
  verifyFeed,
  verifyIndex,
} from '../../effective/verification.ts';
import type { Visit } from '../visit.ts';
import { bad, good, mended, type Finding } from '../../boot/doctor/finding.ts';

/** The closure of the nestings, recomputed whole; what is wrong in it is mended at once. */
export async function lookAtClosure({ directory, by }: Visit): Promise<Finding> {
  const check = 'closure';
  const { extra, missing } = await verifyClosure(directory, by);
  if (extra + missing === 0) return good(check, 'It is what the nestings give.');
  return mended(check, `${missing} rows were missing and ${extra} too many.`);
}

/**
 * The index beside the closure: that of the daemon of this data folder, which compares its own and fills it anew
 * where it differs; where none runs, or its index is not there yet, one that is filled from the database now.
 */
export async function lookAtIndex({ settings, directory: { database } }: Visit): Promise<Finding> {
  const check = 'index';
  const ofDaemon = await askDaemon(settings);
  if (ofDaemon !== null && ofDaemon.groups > 0) {
    const { groups, differing } = ofDaemon;
    if (differing.length === 0) {
      return good(check, `That of the daemon agrees with the database on ${groups} groups.`);
    }
    const says = `That of the daemon differed from the database on ${tellDiffering(ofDaemon)}; it is filled anew.`;
    return mended(check, `${says} Should this come again, please report it.`);
  }
  const index = await freshIndex(database);
  try {
    const faults = await verifyIndex(database, index.reads, SAMPLES);
    if (faults.differing.length === 0) {
      return good(check, `Filled now, it agrees with the database on ${faults.groups} groups.`);
    }
    const says = `Filled now, it differs from the database on ${tellDiffering(faults)}.`;
    return bad(check, says, 'This is a fault of Muster; please report it.');
  } finally {
    index.dispose();
  }
}

function tellDiffering({ groups, differing }: IndexFaults): string {
  return `${differing.length} of ${groups} groups, such as ${String(differing[0])}`;
}

/** Some 200 groups are compared, each up to five times. */
const PATIENCE_MS = 300_000;

const faultsShape = z.object({ groups: z.int(), differing: z.array(z.string()) });

/** What the daemon found; null where none answers. */
async function askDaemon({ dataDir, masterKey }: Settings): Promise<IndexFaults | null> {
  const running = readRunning(dataDir);
  if (running === null) return null;
  const key = readMasterKey({ given: masterKey, dataDir, random: randomBytes });
  try {
    const answer = await request(`${running.address}/verify`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${doctorToken(key).toString('base64url')}` },
      headersTimeout: PATIENCE_MS,
      bodyTimeout: PATIENCE_MS,
    });
    if (answer.statusCode === 200) return faultsShape.parse(await answer.body.json());
    await answer.body.dump();
    return null;
  } catch {
    return null;
  }
}

/** The feed's ledger of delivered members, beside the index. */
export async function lookAtFeed({ directory }: Visit): Promise<Finding> {
  const check = 'feed';
  const told = await verifyFeed(directory.database, randomUUID());
  directory.wake();
  if (told === 0) return good(check, 'It has told every join and leave.');
  return mended(check, `${told} joins or leaves were untold; readers are told now.`);
}
