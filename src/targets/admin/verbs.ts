/**
 * What can be done with targets: for the API, the command line and the console. Nothing here sends anything but
 * {@link testTarget}; the engine sees what was written and does the rest.
 */
import { randomUUID } from 'node:crypto';
import type { Attribution } from '../../core/attribution.ts';
import type { CursorPlace } from '../../core/cursor.ts';
import { foldName } from '../../core/names.ts';
import { Refusal } from '../../core/refusal.ts';
import { firstWebhookPlace } from '../../core/targets/webhook-place.ts';
import { type Place, recordChange } from '../../store/changes.ts';
import { settleAlert } from '../../store/alerts.ts';
import { type Database, type Tx, violatedConstraint } from '../../store/database.ts';
import { findSource } from '../../store/sources.ts';
import { askForLook } from '../../store/targets/drift.ts';
import { countKept } from '../../store/targets/kept.ts';
import { releaseObjects } from '../../store/targets/object-marks.ts';
import { countTrouble } from '../../store/targets/objects.ts';
import { closePlansOf, readNewestPlan, readPushBase, readPushCounts } from '../../store/targets/holds.ts';
import {
  findScopeGroups,
  findTarget,
  insertTarget,
  listTargets,
  lockTarget,
  readTarget,
  saveWebhookPlace,
  setTargetScope,
  type TargetMode,
  type TargetRow,
  tombstoneTarget,
  updateTarget,
} from '../../store/targets/targets.ts';
import { privateKey, publicKey, sharedSecret } from '../connectors/webhook/signature.ts';
import type { Vault } from '../secrets.ts';
import { deliveriesOf } from './deliveries.ts';
import { merged, readChange, readDescription, readTypedParts } from './description.ts';
import { showLag } from './lag.ts';
import { asRecord, refuseSharedFile, refuseToHandOver } from './places.ts';
import { holdView, type TargetStatus, type TargetView, viewOf } from './view.ts';

/** The targets as their doors hold them. */
export interface Targets {
  readonly database: Database;
  readonly vault: Vault;
  /** Folder of the files that are targets. */
  readonly filesDir: string;
  /** Epoch ms. */
  readonly now: () => number;
  /** That many random bytes. */
  readonly random: (bytes: number) => Buffer;
  /** Called after every change: the engine looks at once. */
  readonly wake: () => void;
}

/** A target just made, with what is shown once. */
export interface MadeTarget {
  readonly target: TargetView;
  /** A webhook's new signing secret, and for ed25519 the public key that verifies it. */
  readonly once: Readonly<Record<string, string>>;
}

/**
 * Adds a target from the body of `POST /api/v1/targets`. A webhook without a signing secret gets one, shown only
 * here; one that delivers at once begins behind its own making, whenever it is first driven. Refuses
 * `target.invalid`, `target.name_taken`, `group.not_found`.
 */
export async function addTarget(targets: Targets, given: unknown, by: Attribution): Promise<MadeTarget> {
  const { name, type, mode, scope, settings, credentials, guards } = readDescription(given);
  const made =
    type === 'webhook' ? withSigningKey(settings, credentials, targets.random) : { credentials, once: {} };
  const parts = readTypedParts(type, { settings, credentials: made.credentials });
  const id = randomUUID();
  const write = {
    id,
    type,
    name,
    nameKey: foldName(name),
    mode,
    pausedWhy: null,
    allUsers: scope.allUsers,
    settings: parts.settings,
    credentials: targets.vault.seal(id, parts.credentials),
    guards,
  };
  const row = await inTransaction(targets, async (tx) => {
    await refuseSharedFile(tx, { id, type }, parts.settings);
    const n = await refusingName(name, insertTarget(tx, write));
    await writeScope(tx, n, scope.groups);
    const begun = await recordTarget(tx, by, 'target.created', { id, name, type, mode, scope });
    const row = needRow(await readTarget(tx, n), name);
    if (type === 'webhook' && mode === 'enforce') {
      const place: CursorPlace = { kind: 'row', ...begun };
      await saveWebhookPlace(tx, row, JSON.stringify({ ...firstWebhookPlace<CursorPlace>(), place }));
    }
    return row;
  });
  return { target: viewOf(row, parts.credentials, targets.now()), once: made.once };
}

/** All targets, oldest first. */
export async function showTargets(targets: Targets): Promise<TargetView[]> {
  const rows = await listTargets(targets.database);
  return rows.map((row) => viewOf(row, credentialsOf(targets, row), targets.now()));
}

/** So many targets from after the one of a number on, oldest first, and the number of the last where there may be more. */
export async function showTargetPage(
  targets: Targets,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<{ readonly items: TargetView[]; readonly next: number | null }> {
  const rows = (await listTargets(targets.database)).filter(({ n }) => n > after);
  const page = rows.slice(0, limit);
  return {
    items: page.map((row) => viewOf(row, credentialsOf(targets, row), targets.now())),
    next: rows.length > limit ? (page.at(-1)?.n ?? null) : null,
  };
}

/** One target by id or name, with what it holds and what is to be done. Refuses `target.not_found`. */
export async function showTarget(targets: Targets, idOrName: string): Promise<TargetStatus> {
  const { database } = targets;
  const row = await requireTarget(targets, idOrName);
  const [plan, { toSend, isTried }, holds, pending, trouble, kept] = await Promise.all([
    readNewestPlan(database, row.n),
    showLag(targets, row),
    readPushBase(database, row.n),
    readPushCounts(database, row.n),
    countTrouble(database, row.n),
    countKept(database, row.n),
  ]);
  return {
    ...viewOf(row, credentialsOf(targets, row), targets.now()),
    ...{ holds, pending, toSend, isTried, ...trouble, kept },
    deliveries: row.type === 'webhook' ? deliveriesOf(row) : null,
    hold: plan === null || !['held', 'approved', 'rejected'].includes(plan.state) ? null : holdView(plan),
  };
}

/**
 * Changes a target from the body of `PATCH /api/v1/targets/{id}` (RFC 7396). Everything is compared anew, and
 * what was blocked goes on. Refuses `target.not_found`, `target.invalid`, `target.name_taken`, `group.not_found`.
 */
export async function changeTarget(
  targets: Targets,
  idOrName: string,
  { change: given, by }: { readonly change: unknown; readonly by: Attribution },
): Promise<TargetView> {
  const change = readChange(given);
  const row = await requireTarget(targets, idOrName);
  const stored = credentialsOf(targets, row);
  const settings = merged(asRecord(row.settings), change.settings);
  refuseToHandOver(row, { settings, stored, given: change.credentials ?? {} });
  const parts = readTypedParts(row.type, { settings, credentials: merged(stored, change.credentials) });
  const name = change.name ?? row.name;
  const mode = change.mode ?? row.mode;
  await inTransaction(targets, async (tx) => {
    if (!(await lockTarget(tx, row.n))) throw new Refusal('target.not_found', { target: idOrName });
    await refuseSharedFile(tx, row, parts.settings);
    const write = {
      name,
      nameKey: foldName(name),
      mode,
      pausedWhy: null,
      allUsers: change.scope?.allUsers ?? row.all_users,
      settings: parts.settings,
      credentials: targets.vault.seal(row.id, parts.credentials),
      guards: { ...asRecord(row.guards), ...change.guards },
    };
    await refusingName(name, updateTarget(tx, row.n, write));
    if (change.scope?.groups !== undefined) await writeScope(tx, row.n, change.scope.groups);
    await releaseObjects(tx, row.n);
    // What happened there while nobody kept it in step is only to be seen there.
    if (mode === 'enforce' && row.mode !== 'enforce') await askForLook(tx, row.n);
    const why = 'Somebody changed the target.';
    await settleAlert(tx, { kind: 'target.quarantined', subject: row.id, why });
    const told = Object.keys(change).filter((key) => key !== 'credentials');
    await recordTarget(tx, by, 'target.updated', {
      id: row.id,
      name,
      mode,
      changed: told,
      scope: change.scope,
    });
  });
  return viewOf(await requireTarget(targets, row.id), parts.credentials, targets.now());
}

/** Sends nothing any more; what the directory changes is pushed once it is resumed. Refuses `target.not_found`. */
export function pauseTarget(targets: Targets, idOrName: string, by: Attribution): Promise<TargetView> {
  return changeTarget(targets, idOrName, { change: { mode: 'off' }, by });
}

/** Pushes again, from a comparison of everything. Refuses `target.not_found`. */
export function resumeTarget(targets: Targets, idOrName: string, by: Attribution): Promise<TargetView> {
  return changeTarget(targets, idOrName, { change: { mode: 'enforce' satisfies TargetMode }, by });
}

/** Forgets a target, its credentials and what waits to be decided of it; what it holds stays there. Refuses `target.not_found`. */
export async function removeTarget(targets: Targets, idOrName: string, by: Attribution): Promise<void> {
  const row = await requireTarget(targets, idOrName);
  await inTransaction(targets, async (tx) => {
    await tombstoneTarget(tx, row.n);
    await setTargetScope(tx, row.n, []);
    await closePlansOf(tx, row.n);
    const why = 'The target was removed.';
    await settleAlert(tx, { kind: 'target.quarantined', subject: row.id, why });
    await recordTarget(tx, by, 'target.deleted', { id: row.id, name: row.name });
  });
}

/** The target of that id or name. Refuses `target.not_found`. */
export async function requireTarget({ database }: Targets, idOrName: string): Promise<TargetRow> {
  const row = await findTarget(database, { idOrName, nameKey: foldName(idOrName) });
  if (row === null) throw new Refusal('target.not_found', { target: idOrName });
  return row;
}

/** What a target's requests are authorised with. Not for showing. */
export function credentialsOf({ vault }: Targets, row: TargetRow): Readonly<Record<string, unknown>> {
  return vault.open(row.id, row.credentials);
}

async function inTransaction<T>({ database, wake }: Targets, work: (tx: Tx) => Promise<T>): Promise<T> {
  const result = await database.transaction(work);
  wake();
  return result;
}

async function writeScope(tx: Tx, target: number, ids: readonly string[]): Promise<void> {
  const found = await findScopeGroups(tx, ids);
  const known = new Set<string>(found.map(({ id }) => id));
  const missing = ids.find((id) => !known.has(id.toLowerCase()));
  if (missing !== undefined) throw new Refusal('group.not_found', { group: missing });
  await setTargetScope(
    tx,
    target,
    found.map(({ n }) => n),
  );
}

async function refusingName<T>(name: string, write: Promise<T>): Promise<T> {
  try {
    return await write;
  } catch (error) {
    if (violatedConstraint(error) === 'target_name_unique') throw new Refusal('target.name_taken', { name });
    throw error;
  }
}

/** Writes an entry about targets into the log. */
export async function recordTarget(tx: Tx, by: Attribution, type: string, after: unknown): Promise<Place> {
  const source = await findSource(tx, by.source);
  if (source === null) throw new Refusal('source.not_found', { source: by.source });
  return recordChange(tx, { by, sourceN: source.n, originN: null }, { type, after });
}

function withSigningKey(
  settings: Readonly<Record<string, unknown>>,
  credentials: Readonly<Record<string, unknown>>,
  random: (bytes: number) => Buffer,
): { credentials: Readonly<Record<string, unknown>>; once: Readonly<Record<string, string>> } {
  if (credentials.signingSecret !== undefined) return { credentials, once: {} };
  const { signingSecret, once } = newSigningKey(settings.signing === 'ed25519' ? 'ed25519' : 'hmac', random);
  return { credentials: { ...credentials, signingSecret }, once };
}

/** A key to sign webhooks with, and what its receiver has to know. */
export function newSigningKey(
  signing: 'hmac' | 'ed25519',
  random: Targets['random'],
): { readonly signingSecret: string; readonly once: Readonly<Record<string, string>> } {
  if (signing === 'ed25519') {
    const signingSecret = privateKey(random(32));
    return { signingSecret, once: { publicKey: publicKey(signingSecret) } };
  }
  const signingSecret = sharedSecret(random(32));
  return { signingSecret, once: { signingSecret } };
}

function needRow(row: TargetRow | null, name: string): TargetRow {
  if (row === null) throw new Refusal('target.not_found', { target: name });
  return row;
}
