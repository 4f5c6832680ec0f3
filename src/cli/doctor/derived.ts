/** What the doctor recomputes: everything that is derived from the directory, and may be thrown away at any time. */
import { randomUUID } from 'node:crypto';
import { verifyClosure } from '../../directory/closure-repair.ts';
import { freshIndex, verifyFeed, verifyIndex } from '../../effective/verification.ts';
import type { Visit } from '../visit.ts';
import { bad, good, mended, type Finding } from './finding.ts';

/** Groups whose members are compared, besides the ten with the most below them. */
const SAMPLES = 200;

/** The closure of the nestings, recomputed whole; what is wrong in it is mended at once. */
export async function lookAtClosure({ directory, by }: Visit): Promise<Finding> {
  const check = 'closure';
  const { extra, missing } = await verifyClosure(directory, by);
  if (extra + missing === 0) return good(check, 'It is what the nestings give.');
  return mended(check, `${missing} rows were missing and ${extra} too many.`);
}

/** The index as it is filled from the database, beside the closure. */
export async function lookAtIndex({ directory: { database } }: Visit): Promise<Finding> {
  const check = 'index';
  const index = await freshIndex(database);
  try {
    const { groups, differing } = await verifyIndex(database, index.reads, SAMPLES);
    if (differing.length === 0) return good(check, `It agrees with the database on ${groups} groups.`);
    const says = `It differs from the database on ${differing.length} of ${groups} groups, such as ${String(differing[0])}.`;
    return bad(check, says, 'This is a fault of Muster; please report it. Restart the daemon meanwhile.');
  } finally {
    index.dispose();
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
