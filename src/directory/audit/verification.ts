import { type AuditFault, faultOfRows, faultOfSeal } from '../../core/audit-seal.ts';
import { type KeptSeal, readOldestMonth, readSealable, readSeals } from '../../store/audit/seals.ts';
import type { Database } from '../../store/database.ts';

/** What a check of the audit found. */
export interface AuditVerification {
  /** Null when everything sealed is as it was. */
  readonly fault: AuditFault | null;
  /** Seals that were looked at, and the rows in them. */
  readonly seals: number;
  readonly rows: number;
  /** Seals whose rows are past their keeping; the chain through them was checked. */
  readonly pastKeeping: number;
  /** The newest seal that fits, to be noted elsewhere and compared later; null before the first. */
  readonly head: { readonly n: number; readonly hash: string; readonly sealedAt: Date } | null;
}

/** A seal noted earlier, by its number and the hex of its hash. */
export interface NotedSeal {
  readonly n: number;
  readonly hash: string;
}

const SEALS_AT_ONCE = 100;

/**
 * Checks the chain of seals from the first, and every sealed row that is kept, and names the first batch and row
 * that was touched (D-40). A whole tail that was cut off leaves a chain that fits: `noted`, a seal written down
 * elsewhere, shows that.
 */
export async function verifyAudit(
  database: Database,
  key: Buffer,
  noted: NotedSeal | null = null,
): Promise<AuditVerification> {
  const oldest = await readOldestMonth(database);
  const found = { seals: 0, rows: 0, pastKeeping: 0 };
  let previous: KeptSeal | null = null;
  for (;;) {
    const seals: KeptSeal[] = await readSeals(database, previous?.n ?? 0, SEALS_AT_ONCE);
    for (const seal of seals) {
      const fault = faultOfSeal(key, previous, seal) ?? differsFromNoted(seal, noted);
      if (fault !== null) return { ...found, fault, head: headOf(previous) };
      const rows = await readSealable(database, { from: seal.fromSeq, to: seal.toSeq, limit: null });
      if (rows.length === 0 && isPastKeeping(seal, oldest)) found.pastKeeping += 1;
      else {
        const touched = faultOfRows(seal, rows);
        if (touched !== null) return { ...found, fault: touched, head: headOf(previous) };
      }
      found.seals += 1;
      found.rows += rows.length;
      previous = seal;
    }
    if (seals.length < SEALS_AT_ONCE) break;
  }
  const isCut = noted !== null && noted.n > (previous?.n ?? 0);
  const fault: AuditFault | null = isCut ? { kind: 'seal_missing', seal: (previous?.n ?? 0) + 1 } : null;
  return { ...found, fault, head: headOf(previous) };
}

function differsFromNoted(seal: KeptSeal, noted: NotedSeal | null): AuditFault | null {
  const differs = noted?.n === seal.n && noted.hash.toLowerCase() !== seal.hash.toString('hex');
  return differs ? { kind: 'seal_changed', seal: seal.n } : null;
}

/** Whole months of the log go at once; one that is partly there was not let go by us. */
function isPastKeeping({ lastAt }: KeptSeal, oldest: Date | null): boolean {
  return lastAt !== null && oldest !== null && lastAt < oldest;
}

function headOf(seal: KeptSeal | null): AuditVerification['head'] {
  return seal === null ? null : { n: seal.n, hash: seal.hash.toString('hex'), sealedAt: seal.sealedAt };
}
