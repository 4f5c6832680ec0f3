/** What the pages are served with besides themselves: the style sheet, a sign, and htmx from its package. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { DoorContext } from '../../http/context.ts';

export const assetPaths = {
  style: '/assets/style.css',
  icon: '/assets/icon.svg',
  htmx: '/assets/htmx.js',
} as const;

export interface Asset {
  readonly type: string;
  readonly body: Buffer;
  readonly tag: string;
}

/** Reads them all, by path. */
export function readAssets(): ReadonlyMap<string, Asset> {
  const own = (name: string): URL => new URL(`../assets/${name}`, import.meta.url);
  const packages = createRequire(import.meta.url);
  return new Map([
    [assetPaths.style, assetOf('text/css; charset=utf-8', readFileSync(own('style.css')))],
    [assetPaths.icon, assetOf('image/svg+xml', readFileSync(own('icon.svg')))],
    [
      assetPaths.htmx,
      assetOf('text/javascript; charset=utf-8', readFileSync(packages.resolve('htmx.org/dist/htmx.min.js'))),
    ],
  ]);
}

/** Answers with it, or with 304 to a browser that has it. */
export function sendAsset(context: DoorContext, { type, body, tag }: Asset): void {
  context.set({ ETag: tag, 'Cache-Control': 'public, max-age=300' });
  context.type = type;
  context.status = 200;
  if (context.fresh) context.status = 304;
  else context.body = body;
}

function assetOf(type: string, body: Buffer): Asset {
  return { type, body, tag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 16)}"` };
}
