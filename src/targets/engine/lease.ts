/** The lease of a target: whoever holds it drives the target, and nobody else. */
import type { Tx } from '../../store/database.ts';
import { holdsLease, type Lease } from '../../store/leases.ts';

/** Thrown inside a transaction whose lease has gone to another holder: nothing of it is written. */
export class LeaseLost extends Error {
  constructor({ name }: Lease) {
    super(`The lease ${name} has another holder.`);
    this.name = 'LeaseLost';
  }
}

/** Keeps others from taking the lease over until the transaction ends. Throws {@link LeaseLost}. */
export async function requireLease(tx: Tx, lease: Lease): Promise<void> {
  if (!(await holdsLease(tx, lease))) throw new LeaseLost(lease);
}

/** Name of a target's lease. */
export function leaseName(target: number): string {
  return `target:${target}`;
}
