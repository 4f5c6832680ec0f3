#!/usr/bin/env node
// Draws docs/architecture.svg from the imports as they stand: folders of src as boxes, imports as arrows.
// With --check it only says whether the picture is out of date (exit code 1).
import { instance } from '@viz-js/viz';
import { cruise } from 'dependency-cruiser';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const root = fileURLToPath(new URL('..', import.meta.url));
const target = fileURLToPath(new URL('../docs/architecture.svg', import.meta.url));
const captions = {
  core: 'words and rules',
  store: 'PostgreSQL',
  directory: 'the only writer',
  effective: 'who really is in what',
  plans: 'plan, guard, approval',
  'sources/scim': 'what comes in over SCIM',
  'sources/feeds': 'what comes in by file',
  'sources/saml': 'who logs in',
  targets: 'what goes out',
  api: 'pull and admin API',
  console: 'pages',
  cli: 'commands',
  http: 'shared Koa',
  observe: 'log, metrics, health',
  boot: 'building and starting',
};

/** The room that a module stands in: its folder of src, one deeper for sources; null outside src. */
function roomOf(path) {
  const [src, folder, inner] = path.split('/');
  if (src !== 'src' || folder === undefined) return null;
  if (folder === 'sources') return `sources/${inner}`;
  return folder.endsWith('.ts') ? (folder === 'config.ts' ? 'config' : 'main') : folder;
}

async function importsBetweenRooms() {
  process.chdir(root);
  const { options } = require('../.dependency-cruiser.cjs');
  const { output } = await cruise(['src'], { ...options, doNotFollow: { path: 'node_modules' } });
  const arrows = new Set();
  const rooms = new Set();
  for (const { source, dependencies } of output.modules) {
    const from = roomOf(source);
    if (from === null) continue;
    rooms.add(from);
    for (const { resolved } of dependencies) {
      const to = roomOf(resolved);
      if (to !== null && to !== from) arrows.add(`"${from}" -> "${to}"`);
    }
  }
  return { rooms: [...rooms].sort(), arrows: [...arrows].sort() };
}

function graphOf({ rooms, arrows }) {
  const boxes = rooms.map((room) => {
    const caption = captions[room];
    return `"${room}" [label=<<b>${room}</b>${caption === undefined ? '' : `<br/><font point-size="10">${caption}</font>`}>]`;
  });
  return `digraph muster {
    graph [rankdir=TB, ranksep=0.5, nodesep=0.35, fontname="Helvetica", bgcolor="white"]
    node [shape=box, style="rounded,filled", fillcolor="#f4f6f8", color="#5b6b7a", fontname="Helvetica", fontsize=13]
    edge [color="#8795a1", arrowsize=0.7]
    ${[...boxes, ...arrows].join('\n    ')}
  }`;
}

const viz = await instance();
const svg = `${viz.renderString(graphOf(await importsBetweenRooms()), { format: 'svg', engine: 'dot' }).trim()}\n`;
if (process.argv.includes('--check')) {
  const standing = await readFile(target, 'utf8').catch(() => '');
  if (standing !== svg) {
    console.error('docs/architecture.svg is out of date: run npm run docs:architecture.');
    process.exitCode = 1;
  }
} else {
  await writeFile(target, svg);
}
