/**
 * `npm run guards [-- WORD …]`: leaves out one line of the guard at a time, in the text of the sources, and brings every
 * hostile message there is to the door that is left. A line that nothing is missed without is a survivor, and a failure.
 * With words only lines that hold one of them. Lines are the entries of the tables of checks, and the statements
 * `if (…) throw new LoginRefused(…)`; what the directory refuses is tested in a-login-finds-its-account.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { context } from 'esbuild';
import ts from 'typescript';
import { root, say } from './prepare.mjs';

const files = [
  'src/core/saml/guard.ts',
  ...['acs-form', 'door', 'login', 'logout-message', 'logout', 'own-logout', 'redirect'].map(
    (name) => `src/sources/saml/${name}.ts`,
  ),
];
const output = join(root, 'node_modules/.cache/guards');
const words = process.argv.slice(2);
const started = performance.now();

let spared = null;
let round = 0;
const bundler = await context({
  entryPoints: [join(root, 'test/saml/guard-trial.ts')],
  outfile: join(output, 'trial.mjs'),
  write: false,
  bundle: true,
  format: 'esm',
  platform: 'node',
  packages: 'external',
  logLevel: 'error',
  plugins: [
    {
      name: 'spare',
      setup({ onLoad }) {
        onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) => {
          if (spared?.path !== path) return undefined;
          const text = readFileSync(path, 'utf8');
          return {
            contents: text.slice(0, spared.from) + spared.instead + text.slice(spared.to),
            loader: 'ts',
          };
        });
      },
    },
  ],
});
mkdirSync(output, { recursive: true });
try {
  process.exitCode = await main();
} finally {
  await bundler.dispose();
  rmSync(output, { recursive: true, force: true });
}

async function main() {
  const whole = await load(null);
  const prepared = whole.prepare();
  const wrong = await whole.firstWrong(prepared, prepared.trials);
  if (wrong !== null) {
    say(`With every line in place, ${wrong.name} is answered ${wrong.verdict}.`);
    return 1;
  }
  const lines = files
    .flatMap(linesOf)
    .filter(({ text }) => words.length === 0 || words.some((w) => text.includes(w)));
  const survivors = [];
  for (const line of lines) {
    const { firstWrong } = await load(line);
    // Messages of its own code come first, since one of them tells; small ones before those that the line spares us.
    const own = prepared.trials
      .filter(({ reason }) => line.text.includes(`'${reason}'`))
      .toSorted((a, b) => (a.form?.length ?? 0) - (b.form?.length ?? 0));
    const others = prepared.trials.filter((trial) => !own.includes(trial));
    const missed = await firstWrong(prepared, [...own, ...others]);
    if (missed === null) survivors.push(line);
    else if (words.length > 0) say(`${line.at}: without it, ${missed.name} is answered ${missed.verdict}.`);
  }
  const seconds = Math.round((performance.now() - started) / 1_000);
  say(
    `${lines.length} lines of the guard left out one by one under ${prepared.trials.length} messages, ${seconds} s.`,
  );
  for (const { at, text } of survivors)
    say(`Nothing is missed without ${at}:\n  ${text.replaceAll(/\s+/g, ' ')}`);
  return survivors.length > 0 || lines.length === 0 ? 1 : 0;
}

/** The program without that line; a module of its own each time, for modules are loaded once. */
async function load(line) {
  spared = line;
  const { outputFiles } = await bundler.rebuild();
  round += 1;
  const file = join(output, `trial-${round}.mjs`);
  writeFileSync(file, outputFiles[0].contents);
  return import(pathToFileURL(file).href);
}

function linesOf(name) {
  const path = join(root, name);
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  const found = [];
  const take = (node, to, instead) => {
    const from = node.getStart(source);
    const { line } = source.getLineAndCharacterOfPosition(from);
    found.push({ path, from, to, instead, text: node.getText(source), at: `${name}:${line + 1}` });
  };
  const visit = (node) => {
    if (isCheck(node)) take(node, source.text[node.end] === ',' ? node.end + 1 : node.end, '');
    else if (isRefusal(node)) take(node, node.end, ';');
    else node.forEachChild(visit);
  };
  visit(source);
  return found;
}

/** An entry of a table of checks: an object with a code and what must hold. */
function isCheck(node) {
  if (!ts.isObjectLiteralExpression(node) || !ts.isArrayLiteralExpression(node.parent)) return false;
  const names = node.properties.map((property) => property.name?.getText());
  return names.includes('code') && names.includes('holds');
}

/** `if (…) throw new LoginRefused(…)`, without anything else. */
function isRefusal(node) {
  if (!ts.isIfStatement(node) || node.elseStatement !== undefined) return false;
  const then = ts.isBlock(node.thenStatement) ? node.thenStatement.statements : [node.thenStatement];
  const [only, another] = then;
  return (
    another === undefined &&
    only !== undefined &&
    ts.isThrowStatement(only) &&
    ts.isNewExpression(only.expression) &&
    only.expression.expression.getText() === 'LoginRefused'
  );
}
