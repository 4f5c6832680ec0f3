import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = dirname(fileURLToPath(import.meta.url));

/** The other servers, by the name of their script in this folder, and the package that each stands for. */
export const peerPackages = { 'saml-jackson': '@boxyhq/saml-jackson', scimmy: 'scimmy-routers' } as const;

/**
 * Installs what bench/peers/package.json names where it is not there yet; nothing of it is part of Muster or of its
 * lock. No script of a package is run: the only one that matters compiles SQLite, which nobody uses here.
 */
export function ensurePeersInstalled(say: (text: string) => void): void {
  if (Object.values(peerPackages).every((name) => versionOf(name) !== null)) return;
  say('installing the other servers into bench/peers');
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts'], {
    cwd: FOLDER,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** Version of an installed package; null where it is not installed. */
export function versionOf(name: string): string | null {
  const file = join(FOLDER, 'node_modules', name, 'package.json');
  if (!existsSync(file)) return null;
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
