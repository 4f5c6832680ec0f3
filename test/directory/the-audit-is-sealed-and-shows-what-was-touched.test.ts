import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createAuditSealer } from '../../src/directory/audit/sealer.ts';
import { type AuditVerification, verifyAudit } from '../../src/directory/audit/verification.ts';
import { openTestDirectory, type TestDirectory } from '../support/directory.ts';
import { eventually } from '../support/eventually.ts';
import { sealLog } from '../support/sealed-log.ts';

const key = randomBytes(32);

describe('D-40: the audit', () => {
  let test: TestDirectory;
  beforeAll(async () => {
    test = await openTestDirectory();
  });
  afterAll(() => test.close());

  const verify = (): Promise<AuditVerification> => verifyAudit(test.database, key);
  const sql = (text: string): Promise<{ readonly seq: number }[]> => test.database.rows({ text });

  /** Does something to the log or the seals, tells what a check finds, and takes it back. */
  async function touched(by: string): Promise<AuditVerification> {
    const found: AuditVerification[] = [];
    const undone = test.database.transaction(async (tx) => {
      await tx.rows({ text: by });
      found.push(await verifyAudit({ ...test.database, rows: tx.rows.bind(tx) }, key));
      throw new Error('taken back');
    });
    await expect(undone).rejects.toThrow('taken back');
    return found[0] ?? verify();
  }

  it('is sealed in a chain, batch by batch, and fits while nobody touched it', async () => {
    await test.group('first', await test.user('ada'));
    await sealLog(test.database, key);
    await test.group('second', await test.user('alan'));
    await sealLog(test.database, key);
    const [{ n }] = (await test.database.rows<{ n: number }>({
      text: 'select count(*) as n from change',
    })) as [{ n: number }];
    const found = await verify();
    expect(found).toMatchObject({ fault: null, seals: 2, rows: n, head: { n: 2 } });
    await sealLog(test.database, key);
    expect((await verify()).head).toEqual(found.head);
  });

  it.each([
    ['row_changed', 'altered', `update change set actor_id = 'somebody else' where seq = $row`],
    [
      'row_changed',
      'given another time',
      `update change set at = at + interval '1 microsecond' where seq = $row`,
    ],
    ['row_missing', 'taken out', 'delete from change where seq = $row'],
  ])('names the batch and row (%s) that was %s', async (kind, _what, by) => {
    const [row] = await sql('select seq from change order by seq offset 2 limit 1');
    const found = await touched(by.replace('$row', String(row?.seq)));
    expect(found.fault).toEqual({ kind, seal: 1, row: row?.seq });
  });

  it('names a row that was put in between, and a seal that was altered, taken out or made with another key', async () => {
    const [row] = await sql('select seq from change order by seq offset 1 limit 1');
    const put = `insert into change (seq, type, actor_kind, actor_id) values (${row?.seq ?? 0}, 'x', 'system', 'y')`;
    expect((await touched(put)).fault).toMatchObject({ kind: 'row_added', seal: 1 });
    const forged = `update audit_seal set digests = digests || '\\x00' where n = 2`;
    expect((await touched(forged)).fault).toEqual({ kind: 'seal_changed', seal: 2 });
    expect((await touched('delete from audit_seal where n = 1')).fault).toEqual({
      kind: 'seal_missing',
      seal: 1,
    });
    expect((await verifyAudit(test.database, randomBytes(32))).fault).toEqual({
      kind: 'seal_changed',
      seal: 1,
    });
  });

  it('shows a tail that was cut off, to whoever noted a seal before', async () => {
    const { head } = await verify();
    const noted = { n: head?.n ?? 0, hash: head?.hash ?? '' };
    expect((await verifyAudit(test.database, key, noted)).fault).toBeNull();
    const other = { ...noted, hash: noted.hash.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) };
    expect((await verifyAudit(test.database, key, other)).fault).toMatchObject({ kind: 'seal_changed' });
    const later = { n: noted.n + 1, hash: noted.hash };
    expect((await verifyAudit(test.database, key, later)).fault).toEqual({ kind: 'seal_missing', seal: 3 });
  });

  it('seals nothing that a transaction still open may be put before, and all of it once that has ended', async () => {
    const before = (await verify()).rows;
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    let opened = (): void => undefined;
    const isOpen = new Promise<void>((resolve) => (opened = resolve));
    const open = test.database.transaction(async (tx) => {
      await tx.rows({
        text: `insert into change (type, actor_kind, actor_id) values ('x', 'system', 'slow')`,
      });
      opened();
      await ended;
    });
    await isOpen;
    await test.user('grace');
    const sealer = createAuditSealer(test.database, key);
    await sealer.round();
    expect(await sealer.round()).toBe(0);
    end();
    await open;
    await eventually(async () => expect(await sealer.round()).toBeGreaterThan(1));
    expect(await verify()).toMatchObject({ fault: null });
    expect((await verify()).rows).toBeGreaterThan(before);
  });

  it('is sealed once by several instances at a time', async () => {
    for (let n = 0; n < 5; n += 1) await test.user(`many${n}`);
    const sealers = [1, 2, 3, 4].map(() => createAuditSealer(test.database, key));
    for (let round = 0; round < 2; round += 1) await Promise.all(sealers.map((sealer) => sealer.round()));
    expect(await verify()).toMatchObject({ fault: null });
  });
});
