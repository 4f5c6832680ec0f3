/**
 * `npm run fuzz [-- PATH …]`: the property tests, each for FUZZ_SECONDS (60 unless said), files side by side.
 * Without paths: filters, PATCH and bodies of SCIM, and what is counted of SAML messages.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureInstalled, requireNode, root } from './prepare.mjs';

const ours = [
  'test/scim/a-filter-means-what-the-grammar-says',
  'test/scim/filters-in-sql-equal-the-evaluator',
  'test/scim/a-patch-does-what-providers-expect',
  'test/scim/no-body-makes-the-server-fail',
  'test/saml/no-text-is-miscounted',
];

requireNode();
ensureInstalled();
const words = process.argv.slice(2);
const { status } = spawnSync(
  process.execPath,
  [
    ...['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
    join(root, 'node_modules/jest/bin/jest.js'),
    ...['--testNamePattern', String.raw`\(property\)`, '--maxWorkers', '4'],
    ...(words.length > 0 ? words : ours),
  ],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, FUZZ_SECONDS: process.env.FUZZ_SECONDS ?? '60' },
  },
);
process.exitCode = status ?? 1;
