/** Looking at users and groups of a target: page by page as it lists them, and singly whom no page showed. */
import type { Tx } from '../../../store/database.ts';
import {
  type DriftKind,
  insertFinding,
  knownWithIds,
  type KnownRow,
  listUnseen,
  noteSeen,
} from '../../../store/targets/drift.ts';
import { moveObject, type ObjectChange } from '../../../store/targets/objects.ts';
import type { Held } from '../../connector.ts';
import { ask, fenced, type TargetContext } from '../context.ts';
import { desiredObjects, hashOf } from '../desired-objects.ts';
import { type Going, isForGood, type Look } from './look.ts';

const UNSEEN_AT_ONCE = 20;

interface Of {
  readonly of: 'user' | 'group';
}

/** Compares one page of what the target lists. */
export async function lookAtPage(
  look: Look,
  { of, after }: Of & { readonly after: string | null },
): Promise<Going<string>> {
  const { context } = look;
  const page = await ask(context, () => context.connector.list(of, after));
  if (page.kind === 'failed') {
    const { outcome } = page;
    return { waits: 'why' in outcome ? outcome.why : outcome.kind };
  }
  await compare(look, of, page.objects);
  return { next: page.next };
}

/** Asks for some of those whom no page showed: a list that moves while it is read may leave somebody out. */
export async function lookAtUnseen(
  look: Look,
  { of, after }: Of & { readonly after: number },
): Promise<Going<number>> {
  const { context, begun } = look;
  const kind = of === 'user' ? 'u' : 'g';
  const limit = UNSEEN_AT_ONCE;
  const rows = await listUnseen(context.database, context.target, { kind, after, begun, limit });
  const found: Held[] = [];
  for (const row of rows) {
    const seen = await ask(context, () => context.connector.observe(of, row.remote_id));
    if (seen.kind === 'failed') {
      const { outcome } = seen;
      const why = 'why' in outcome ? outcome.why : outcome.kind;
      if (!isForGood(outcome)) return { waits: why };
      look.blind.add(`${of}s cannot be read: ${why}`);
    } else if (seen.kind === 'found') found.push(seen.object);
    else await fenced(context, (tx) => noteDrift(look, tx, { of, row, kind: 'missing' }));
  }
  await compare(look, of, found);
  const last = rows.at(-1);
  return { next: last === undefined || rows.length < limit ? null : last.n };
}

async function compare(look: Look, of: 'user' | 'group', objects: readonly Held[]): Promise<void> {
  const { context } = look;
  const kind = of === 'user' ? 'u' : 'g';
  const held = new Map(objects.map((object) => [object.remoteId, object]));
  await fenced(context, async (tx) => {
    const rows = await knownWithIds(tx, context.target, { kind, ids: [...held.keys()] });
    const desired = await desiredObjects(context, tx, { kind, numbers: rows.map(({ n }) => n) });
    await noteSeen(
      tx,
      context.target,
      kind,
      rows.map(({ n }) => n),
    );
    for (const row of rows) {
      const seen = held.get(row.remote_id);
      const wish = desired.get(row.n)?.object ?? null;
      if (seen === undefined) continue;
      if (wish === null) {
        if (row.held === 'i' && seen.active) await noteDrift(look, tx, { of, row, kind: 'active' });
        continue;
      }
      // Of what is to be sent anyway nobody can say that it drifted.
      if (row.applied_hash === null || !hashOf(wish).equals(row.applied_hash)) continue;
      if (!seen.active) await noteDrift(look, tx, { of, row, kind: 'inactive' });
      else {
        const detail = [...context.connector.differences(wish, seen, context.traits)];
        if (detail.length > 0) await noteDrift(look, tx, { of, row, kind: 'attributes', detail });
      }
    }
  });
}

interface Drifted extends Of {
  readonly row: KnownRow;
  readonly kind: DriftKind;
  readonly detail?: readonly string[];
}

/** Writes a finding down, and in enforce has the object brought in line from what is true there. */
async function noteDrift(
  { context, mends }: Look,
  tx: Tx,
  { of, row, kind, detail = [] }: Drifted,
): Promise<void> {
  const objectKind = of === 'user' ? 'u' : 'g';
  await insertFinding(tx, context.target, { kind, objectKind, n: row.n, detail, mended: mends });
  if (mends) await mend(context, tx, { kind: objectKind, row, drift: kind });
}

async function mend(
  { target }: TargetContext,
  tx: Tx,
  { kind, row, drift }: { readonly kind: 'u' | 'g'; readonly row: KnownRow; readonly drift: DriftKind },
): Promise<void> {
  const change: ObjectChange =
    drift === 'active'
      ? { held: 'a' }
      : drift === 'missing' && !row.wanted
        ? { remoteId: null, held: null, owned: null, appliedHash: null }
        : { appliedHash: null };
  await moveObject(tx, { target, kind, n: row.n }, 'marked', change);
}
