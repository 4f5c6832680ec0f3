/**
 * `npm test [-- PATH …]`: installs, compiles, runs the suite on the embedded database, and the tests that use a
 * database on a real PostgreSQL too where this machine has one. What could not be run stands at the end, with the
 * package that would enable it. MUSTER_TEST_REQUIRE=postgres,… makes a failure of what could not be run.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { findPostgres, startPostgres, versionOf } from './outside-postgres.mjs';
import { ensureBuilt, ensureInstalled, requireNode, root, say } from './prepare.mjs';

/** Programs of the machine that tests use: how each is found, what is tested with it, the package that has it. */
const programs = {
  postgres: {
    find: findPostgres,
    what: 'the database tests on a real PostgreSQL',
    from: 'postgresql (Debian)',
  },
  slapd: { find: () => onPath('slapd'), what: 'LDAP targets', from: 'slapd and ldap-utils (Debian)' },
  mariadb: {
    find: () => onPath('mariadbd'),
    what: 'SQL targets on MariaDB',
    from: 'mariadb-server (Debian)',
  },
  chromium: {
    find: () => onPath('chromium', 'chromium-browser', 'google-chrome'),
    what: 'the console in a browser',
    from: 'chromium (Debian)',
  },
  simplesamlphp: {
    find: () => (onPath('php') === null ? null : ifThere('/usr/share/simplesamlphp/www/module.php')),
    what: 'signing in by SimpleSAMLphp in a browser',
    from: 'simplesamlphp, php-cli and php-xml (Debian)',
  },
};

/**
 * Of which the other side is a service, a provider, a process or a pure rule: what they ask of PostgreSQL, those that
 * are left ask too.
 */
const ONCE_IS_ENOUGH = [
  'test/(api|bench|console|joining|journey|saml|targets)/',
  'test/effective/(a-killed|the-doctor-is)',
  'test/feeds/(?!a-portal-file|a-set-of|a-snapshot|a-users-file)',
  'test/plans/(?!an-approval|each-guard)',
  'test/scim/(?!a-bulk|a-filter|a-patch|filters)',
];

/**
 * Files of tests that are given a second try with CI=true: a test that fails beside others and not by itself is named
 * at the end, to be mended, and holds up nobody's change. More than these are a fault of the change.
 */
const SECOND_TRIES = 3;

requireNode();
ensureInstalled();
ensureBuilt();
process.exitCode = await main(process.argv.slice(2));

async function main(words) {
  const required = (process.env.MUSTER_TEST_REQUIRE ?? '').split(',').filter((name) => name !== '');
  const unknown = required.filter((name) => !(name in programs));
  if (unknown.length > 0) {
    say(`MUSTER_TEST_REQUIRE names ${unknown.join(', ')}; there is ${Object.keys(programs).join(', ')}.`);
    return 2;
  }
  const found = Object.fromEntries(Object.entries(programs).map(([name, { find }]) => [name, find()]));
  const missing = Object.keys(programs).filter((name) => found[name] === null && isUsed(name));
  const results = [await runSuite('the embedded PostgreSQL', words, {})];
  if (found.postgres !== null) results.push(await runOnRealPostgres(found.postgres, words));
  report(results, missing);
  const lacking = required.filter((name) => found[name] === null);
  for (const name of lacking) say(`Required and not found: ${name}. Install ${programs[name].from}.`);
  return lacking.length > 0 || results.some(({ ok }) => !ok) ? 1 : 0;
}

async function runOnRealPostgres(bin, words) {
  const server = await startPostgres(bin);
  const related = ['--findRelatedTests', 'test/support/database.ts'];
  const others = ONCE_IS_ENOUGH.flatMap((pattern) => ['--testPathIgnorePatterns', pattern]);
  try {
    const only = words.length > 0 ? words : [...related, ...others];
    return await runSuite(`${versionOf(bin)} of this machine`, only, {
      MUSTER_TEST_DATABASE_URL: server.url,
    });
  } finally {
    await server.stop();
  }
}

/** Runs the suite; a run that finds no test among the words is a failure, as a typing error would be one. */
async function runSuite(on, words, environment) {
  say(`\nOn ${on}:`);
  const first = await runJest(words, environment, Math.max(1, Math.min(4, availableParallelism())));
  const isTriedAgain =
    process.env.CI === 'true' && first.failures.length > 0 && first.failures.length <= SECOND_TRIES;
  if (!isTriedAgain) return { on, ...first, unsteady: [] };
  say(`\nOnce more, by themselves: ${first.failures.map(({ file }) => file).join(', ')}`);
  const files = first.failures.map(({ file }) => file);
  const second = await runJest(['--runTestsByPath', ...files], environment, 1);
  const passedOfThem = first.failures.reduce((sum, { passed }) => sum + passed, 0);
  const failedAgain = second.failures.map(({ file }) => file);
  return {
    on,
    ok: second.ok,
    passed: first.passed - passedOfThem + second.passed,
    failed: second.failed,
    skipped: [...first.skipped, ...second.skipped],
    unsteady: first.failures.filter(({ file }) => !failedAgain.includes(file)),
  };
}

/** Runs jest once, and tells which files failed, each with its tests that failed and how many passed. */
async function runJest(words, environment, workers) {
  const folder = mkdtempSync(join(tmpdir(), 'muster-suite-'));
  const output = join(folder, 'results.json');
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const jest = [join(root, 'node_modules/jest/bin/jest.js'), '--json', `--outputFile=${output}`];
  const child = spawn(process.execPath, [...flags, ...jest, `--maxWorkers=${workers}`, ...words], {
    cwd: root,
    // With --json jest writes the results to standard output as well; they are in the file.
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...withoutOurs(process.env), ...environment },
  });
  const code = await new Promise((resolve) => child.once('exit', resolve));
  const results = existsSync(output) ? JSON.parse(readFileSync(output, 'utf8')) : null;
  rmSync(folder, { recursive: true, force: true });
  const files = results?.testResults ?? [];
  return {
    ok: code === 0,
    passed: results?.numPassedTests ?? 0,
    failed: (results?.numFailedTests ?? 0) + (results?.numRuntimeErrorTestSuites ?? 0),
    skipped: files.flatMap((file) => namesOf(file, 'pending')),
    failures: files
      .filter(({ status }) => status === 'failed')
      .map((file) => ({
        file: relative(root, file.name),
        tests: namesOf(file, 'failed'),
        passed: namesOf(file, 'passed').length,
      })),
  };
}

function namesOf({ assertionResults }, wanted) {
  return assertionResults.filter(({ status }) => status === wanted).map(({ fullName }) => fullName);
}

/** Settings of an installation must not steer its tests. */
function withoutOurs(environment) {
  const kept = Object.entries(environment).filter(
    ([name]) => !/^(MUSTER_(?!TEST_)|DATABASE_(DIRECT_)?URL$)/.test(name),
  );
  return { ...Object.fromEntries(kept), NODE_ENV: 'test' };
}

function report(results, missing) {
  say('');
  for (const { on, passed, failed } of results) say(`On ${on}: ${passed} passed, ${failed} failed.`);
  const skipped = [...new Set(results.flatMap((result) => result.skipped))];
  if (skipped.length > 0 || missing.length > 0) say('Not run:');
  for (const name of missing) say(`  ${programs[name].what}: needs ${name}, from ${programs[name].from}`);
  for (const name of skipped) say(`  ${name}`);
  const unsteady = results.flatMap((result) => result.unsteady);
  if (unsteady.length > 0) say('Failed beside others and passed by themselves; to be mended:');
  for (const { file, tests } of unsteady) say(`  ${file}: ${tests.join('; ') || 'the file itself'}`);
  const total = (key) => results.reduce((sum, result) => sum + result[key], 0);
  process.stdout.write(`Tests: ${total('passed')} passed, ${total('failed')} failed\n`);
}

/** True for what the suite uses at present: a test says so by asking for the program by name. */
function isUsed(name) {
  return (
    name === 'postgres' ||
    testFiles(join(root, 'test')).some((file) => readFileSync(file, 'utf8').includes(`needs('${name}')`))
  );
}

function testFiles(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
}

function ifThere(file) {
  return existsSync(file) ? file : null;
}

function onPath(...names) {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin'];
  const paths = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return paths.find((path) => existsSync(path)) ?? null;
}
