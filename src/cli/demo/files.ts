/** The files that a demo leaves: those that it dropped, with their receipts, and those that its targets wrote. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Settings } from '../../config.ts';
import { files, fileTargets } from './cast.ts';

const dropped = files.map(({ name }) => name);
const written = fileTargets.map(({ settings: { file } }) => file);

/** Takes them away, those of earlier demos too, which carry the time of their end before their name. */
export async function removeFiles({ watchDir, dataDir }: Settings): Promise<void> {
  // Held files first: a daemon may be putting one away as rejected just now.
  for (const folder of ['', 'held', 'done', 'rejected']) await removeOurs(join(watchDir, folder), dropped);
  await removeOurs(join(dataDir, 'targets'), written);
}

async function removeOurs(folder: string, names: readonly string[]): Promise<void> {
  const found = await readdir(folder).catch(() => []);
  const isOurs = (entry: string): boolean => {
    const own = entry.replace(/^\d{8}T[\d.]+Z--/, '').replace(/^\./, '');
    return names.some((name) => own === name || own.startsWith(`${name}.`));
  };
  for (const entry of found.filter(isOurs)) await rm(join(folder, entry), { force: true });
}
