import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { lostAttempts } from '../../src/store/targets/attempts.ts';
import { seizeLease } from '../../src/store/leases.ts';
import { leaseName } from '../../src/targets/engine/lease.ts';
import { eventually } from '../support/eventually.ts';
import { type QuirkServer, startQuirkServer } from '../support/quirk-server.ts';
import { openTestTargets, type TestTargets } from '../support/target-engine.ts';

interface Attempt {
  readonly n: number;
  readonly kind: string;
  readonly operation: string;
  readonly outcome: string | null;
  readonly settled: boolean;
  readonly lease_token: number;
}

describe('the ledger of a target', () => {
  let on: TestTargets;
  let server: QuirkServer;
  let target: number;
  /** Writes that came in, each answered when the test says so. */
  let held: (() => void)[];

  beforeEach(async () => {
    held = [];
    server = await startQuirkServer({
      takesDuplicates: true,
      trick: ({ method }) => (method === 'POST' ? { kind: 'hold', until: (go) => void held.push(go) } : null),
    });
    on = await openTestTargets();
    const group = await on.group('Staff', await on.user('ann'));
    await on.add({
      ...{ name: 'slow', type: 'scim', mode: 'enforce', scope: { groups: [group.id] } },
      settings: { url: server.url, allowPrivate: true, timeoutSeconds: 2 },
    });
    const [row] = await on.database.rows<{ n: number }>({ text: 'select n from target' });
    target = row?.n ?? 0;
  });
  afterEach(async () => {
    for (const go of held) go();
    await on.close();
    await server.close();
    expect(on.faults).toEqual([]);
  });

  const attempts = (): Promise<Attempt[]> =>
    on.database.rows<Attempt>({
      text: 'select n, kind, operation, outcome, settled, lease_token from target_attempt order by n',
    });
  const inHand = (): Promise<void> => eventually(() => expect(held).toHaveLength(1));

  it('has an attempt committed before the request is sent', async () => {
    await inHand();
    expect(await attempts()).toMatchObject([{ kind: 'u', operation: 'find', outcome: null, settled: false }]);
  });

  it('is not written by a holder whose lease went to another while its request was under way', async () => {
    await inHand();
    const asked = { name: leaseName(target), holder: randomUUID(), seconds: 1 };
    await seizeLease(on.database, asked);
    held.shift()?.();
    // Carried out there, and answered; yet nothing of it may be written by whoever asked.
    await eventually(() => expect(server.held().users).toEqual({ ann: true }));
    const [first] = await attempts();
    expect(first).toMatchObject({ outcome: null, settled: false });
    // The next holder finds it open, looks what became of it, and makes nobody twice.
    server.quirks.trick = () => null;
    await eventually(() => expect(server.held().groups).toEqual({ Staff: ['ann'] }));
    const [settled] = await attempts();
    expect(settled).toMatchObject({ n: first?.n, outcome: 'ambiguous', settled: true });
    server.tamper(({ users }) => expect(users.size).toBe(1));
  });

  it('has an attempt of an earlier holder taken for lost only past the longest that a request may take', async () => {
    await inHand();
    const [attempt] = await attempts();
    const ofNext = { leaseToken: (attempt?.lease_token ?? 0) + 1 };
    expect(await lostAttempts(on.database, target, { ...ofNext, ms: 60_000 })).toEqual([]);
    expect(await lostAttempts(on.database, target, { ...ofNext, ms: 0 })).toMatchObject([{ n: attempt?.n }]);
    // Its own are in its hands.
    const own = { leaseToken: attempt?.lease_token ?? 0, ms: 0 };
    expect(await lostAttempts(on.database, target, own)).toEqual([]);
  });
});
