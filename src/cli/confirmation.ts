import { createInterface } from 'node:readline/promises';
import type { CommandIo } from './terminal.ts';

/**
 * Whether something that cannot be taken back is meant: said by --yes, or answered on a terminal. Without either
 * nothing is done, and that is said.
 */
export async function isMeant(
  io: CommandIo,
  { yes }: { readonly yes?: boolean },
  what: string,
): Promise<boolean> {
  if (yes === true) return true;
  if (io.err.isTTY === true && process.stdin.isTTY) {
    if (await isConfirmed(`${what} Go on?`)) return true;
    io.err.write('Nothing was done.\n');
    return false;
  }
  io.err.write(`${what} Say --yes to do it.\n`);
  return false;
}

/** Asks on the terminal; anything but a yes is a no. */
export async function isConfirmed(question: string): Promise<boolean> {
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await asking.question(`${question} [y/N] `)).trim());
  } finally {
    asking.close();
  }
}
