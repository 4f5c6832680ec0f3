import { rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitFor } from './wait.ts';

/** Drops a file into the watched folder, and waits until it lies where it should end. */
export async function dropFile(
  watchDir: string,
  { name, text }: { readonly name: string; readonly text: string },
  into: 'done' | 'held',
): Promise<void> {
  const began = Date.now();
  // Written under a name that is passed over and then renamed, as a careful sender does.
  await writeFile(join(watchDir, `.${name}.part`), text);
  await rename(join(watchDir, `.${name}.part`), join(watchDir, name));
  const receipt = join(watchDir, into, `${name}.receipt.json`);
  await waitFor(`the file to be taken (${receipt})`, async () => {
    const found = await stat(receipt).catch(() => null);
    return found !== null && found.mtimeMs >= began - CLOCK_MS ? found : null;
  });
}

/** File systems tell times less finely than clocks do. */
const CLOCK_MS = 1_000;
