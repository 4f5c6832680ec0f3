import { expect } from '@jest/globals';
import { createAuditSealer } from '../../src/directory/audit/sealer.ts';
import type { Database } from '../../src/store/database.ts';
import { eventually } from './eventually.ts';

/**
 * Seals every row that the log has (D-40). A transaction that another test has open on the same server holds the
 * sealer up for as long as it lasts, so that no number of rounds is enough by itself.
 */
export async function sealLog(database: Database, key: Buffer): Promise<void> {
  const sealer = createAuditSealer(database, key);
  await eventually(async () => {
    await sealer.round();
    const unsealed = `select seq from change where seq > coalesce((select max(to_seq) from audit_seal), 0)`;
    expect(await database.rows({ text: unsealed })).toEqual([]);
  });
}
