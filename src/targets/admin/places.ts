/** Where a target is: who gets the credentials, and who writes a file. */
import { Refusal } from '../../core/refusal.ts';
import type { Tx } from '../../store/database.ts';
import { listTargets, type TargetRow } from '../../store/targets/targets.ts';

/**
 * What a service is called with was given for that service. Whoever changes the address has to give it again, or
 * could have a secret sent to a place of theirs that nobody ever tells them. Refuses `target.invalid`.
 */
export function refuseToHandOver(
  { type, settings: before }: TargetRow,
  {
    settings,
    stored,
    given,
  }: {
    readonly settings: Readonly<Record<string, unknown>>;
    readonly stored: Readonly<Record<string, unknown>>;
    readonly given: Readonly<Record<string, unknown>>;
  },
): void {
  const kept = Object.keys(stored).filter((name) => given[name] === undefined);
  if (type === 'webhook' || kept.length === 0 || placeOf(settings) === placeOf(asRecord(before))) return;
  const why = `The address changes, so give ${kept.map((name) => `credentials.${name}`).join(', ')} again: it was given for the old one.`;
  throw new Refusal('target.invalid', { why });
}

/** Where requests go, as far as it decides who gets the credentials. */
function placeOf({ url, host, port }: Readonly<Record<string, unknown>>): string {
  if (typeof url !== 'string') return JSON.stringify([host, port]);
  const at = URL.canParse(url) ? new URL(url) : null;
  return at === null ? url : `${at.protocol}//${at.host}`;
}

/** Two targets that write one file would write over each other for ever. Refuses `target.invalid`. */
export async function refuseSharedFile(
  tx: Tx,
  { id, type }: { readonly id: string; readonly type: string },
  { file }: Readonly<Record<string, unknown>>,
): Promise<void> {
  if (type !== 'file' || typeof file !== 'string') return;
  const fileOf = (row: TargetRow): string => String(asRecord(row.settings).file).toLowerCase();
  const others = (await listTargets(tx)).filter((row) => row.type === 'file' && row.id !== id);
  const other = others.find((row) => fileOf(row) === file.toLowerCase());
  if (other === undefined) return;
  throw new Refusal('target.invalid', { why: `settings.file: ${other.name} writes ${file} already.` });
}

/** Settings as they are stored. */
export function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
