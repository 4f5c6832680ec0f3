import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { listen } from '../../src/boot/listener.ts';
import { listSettings, loadSettings, settingsJsonSchema, type LoadedSettings } from '../../src/config.ts';
import { SetupProblem } from '../../src/core/setup-problem.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-settings-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function load(
  environment: NodeJS.ProcessEnv,
  flags: Record<string, string | undefined> = {},
): LoadedSettings {
  return loadSettings({ environment, folder, flags, isTerminal: false });
}

function stepsOf(work: () => unknown): readonly string[] {
  try {
    work();
  } catch (error) {
    if (error instanceof SetupProblem) return [error.message, ...error.steps];
    throw error;
  }
  throw new Error('nothing was refused');
}

function inFile(content: object | string): string {
  const file = join(folder, 'given.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

describe('settings', () => {
  it('have the defaults of the contract, the base address following the port', () => {
    // What only tests and benchmarks read is none of the daemon's that they start.
    const { settings } = load({ MUSTER_TEST_KILLS: '30', MUSTER_TEST_SEED: '1', MUSTER_BENCH_ROUNDS: '9' });
    expect(settings).toMatchObject({
      port: 8080,
      host: '127.0.0.1',
      baseUrl: 'http://localhost:8080',
      autoLeave: false,
    });
    expect(settings).toMatchObject({ databaseUrl: null, logLevel: 'info', logFormat: 'json', feeds: {} });
    expect(settings.dataDir).toBe(join(folder, 'data'));
    expect(load({ MUSTER_PORT: '9000' }).settings.baseUrl).toBe('http://localhost:9000');
  });

  it('are taken from file, environment and flags, each over the one before', () => {
    const file = inFile({ port: 1, host: 'a', logLevel: 'warn', feeds: { hr: { createRoles: false } } });
    const environment = {
      MUSTER_CONFIG: file,
      MUSTER_PORT: '2',
      MUSTER_HOST: 'b',
      MUSTER_FEEDS__HR__IDENTITY_ORDER: 'targetedId|email|userName',
    };
    const loaded = load(environment, { port: '3', host: undefined });
    expect(loaded.settings).toMatchObject({ port: 3, host: 'b', logLevel: 'warn' });
    expect(loaded.settings.feeds.hr).toMatchObject({
      createRoles: false,
      identityOrder: 'targetedId|email|userName',
    });
    expect(Object.fromEntries(listSettings(loaded).map(({ name, origin }) => [name, origin]))).toMatchObject({
      port: '--port',
      host: 'MUSTER_HOST',
      logLevel: file,
      'feeds.hr.createRoles': file,
      'feeds.hr.identityOrder': 'MUSTER_FEEDS__HR__IDENTITY_ORDER',
      autoLeave: 'default',
    });
  });

  it('are listed as they can be given, and given so they are the same', () => {
    const given = { hr: '36h', old: '1d', log: '90m', week: '7d' };
    const environment = Object.fromEntries(
      Object.entries(given).map(([feed, every]) => [
        `MUSTER_FEEDS__${feed.toUpperCase()}__EXPECTED_EVERY`,
        every,
      ]),
    );
    const loaded = load(environment);
    const listed = listSettings(loaded).filter(({ name }) => name.endsWith('.expectedEvery'));
    expect(Object.fromEntries(listed.map(({ name, value }) => [name.split('.')[1], value]))).toEqual(given);
    expect(loaded.settings.feeds.hr?.expectedEvery).toBe(36 * 3_600_000);
  });

  it('read the value from a file that a variable with _FILE names', () => {
    const secret = join(folder, 'token');
    writeFileSync(secret, `${'t'.repeat(40)}\n`);
    expect(load({ MUSTER_BOOTSTRAP_TOKEN_FILE: secret }).settings.bootstrapToken).toBe('t'.repeat(40));
    expect(stepsOf(() => load({ MUSTER_BOOTSTRAP_TOKEN_FILE: join(folder, 'none') }))[0]).toMatch(
      /does not exist/,
    );
    expect(stepsOf(() => load({ MUSTER_HOST: 'a', MUSTER_HOST_FILE: secret }))[0]).toMatch(/both set/);
  });

  it('at any depth are refused with the one that was meant, and a missing one is called missing', () => {
    expect(stepsOf(() => load({ MUSTER_GUARDS__REMOVALS_ATLEAST: '3' }))).toContainEqual(
      expect.stringMatching(
        /^MUSTER_GUARDS__REMOVALS_ATLEAST is no setting. Did you mean MUSTER_GUARDS__REMOVALS/,
      ),
    );
    const file = inFile({ guards: { removalAtLeast: 5 }, feeds: { hr: { mapping: { key: {} } } } });
    const steps = stepsOf(() => load({ MUSTER_CONFIG: file }));
    expect(steps).toContainEqual(
      expect.stringMatching(/^guards.removalAtLeast .* Did you mean guards.removals/),
    );
    expect(steps).toContainEqual(
      expect.stringMatching(/^feeds.hr.mapping.key .* Did you mean feeds.hr.mapping.keys/),
    );
    expect(steps).toContainEqual(expect.stringMatching(/^feeds.hr.mapping.keys.* is missing/));
  });

  it('that do not exist are refused with the one that was meant', () => {
    expect(stepsOf(() => load({ MUSTER_WATCHDIR: 'x' }))).toContain(
      'MUSTER_WATCHDIR is no setting. Did you mean MUSTER_WATCH_DIR?',
    );
    const file = inFile({ feeds: { hr: { createRols: true } }, prot: 1, ['__proto__']: 1 });
    const steps = stepsOf(() => load({ MUSTER_CONFIG: file }));
    expect(steps).toContain(`prot in ${file} is no setting. Did you mean port?`);
    expect(steps).toContain(
      `feeds.hr.createRols in ${file} is no setting. Did you mean feeds.hr.createRoles?`,
    );
  });

  it('of the wrong kind are all named at once, in the words of the person who wrote them', () => {
    const file = inFile({ autoLeave: 'perhaps', feeds: { 'H R': {} } });
    const steps = stepsOf(() =>
      load({ MUSTER_CONFIG: file, MUSTER_PORT: 'http', DATABASE_URL: 'mysql://x' }, { host: '' }),
    );
    expect(steps).toEqual([
      'The settings are not right.',
      'MUSTER_PORT: must be a whole number from 1 to 65535.',
      '--host: must not be empty.',
      'DATABASE_URL: must be an address that starts with postgres:// or postgresql://.',
      `autoLeave in ${file}: must be true or false.`,
      expect.stringMatching(/^feeds\.H R.*must be a name of small letters/),
    ]);
  });

  it('in a file that is no JSON, no object or not there are refused', () => {
    expect(stepsOf(() => load({ MUSTER_CONFIG: inFile('{') }))[0]).toMatch(/is no JSON/);
    expect(stepsOf(() => load({ MUSTER_CONFIG: inFile('[]') }))[0]).toMatch(/must hold a JSON object/);
    expect(stepsOf(() => load({ MUSTER_CONFIG: join(folder, 'absent.json') }))[0]).toMatch(/does not exist/);
  });

  it('that are secret are never shown, neither in the list nor in a refusal', () => {
    const secrets = {
      DATABASE_URL: 'postgres://u:planted-password@db/x',
      MUSTER_BOOTSTRAP_TOKEN: 'planted-token-planted-token-planted-token',
      MUSTER_MASTER_KEY: 'planted-key-planted-key-planted-key-planted',
      MUSTER_SMTP_URL: 'smtp://planted:planted@mail',
    };
    const shown = JSON.stringify(listSettings(load(secrets)));
    expect(shown).not.toMatch(/planted/);
    expect(shown).toMatch(/\(set\)/);
    expect(stepsOf(() => load({ MUSTER_BOOTSTRAP_TOKEN: 'planted' })).join()).not.toMatch(/planted/);
  });

  it('that name a port which is taken are told by their own variable', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    try {
      const address = taken.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      for (const [portFrom, variable] of [
        ['port', 'MUSTER_PORT'],
        ['metricsPort', 'MUSTER_METRICS_PORT'],
      ] as const) {
        const refused = listen(() => undefined, { host: '127.0.0.1', port, portFrom });
        await expect(refused).rejects.toMatchObject({
          message: `Port ${port} on 127.0.0.1 is in use by another program.`,
          steps: [expect.stringContaining(` ${variable}=`)],
        });
      }
    } finally {
      taken.close();
    }
  });

  it('have a JSON Schema that names and describes each', () => {
    expect(settingsJsonSchema()).toMatchObject({
      additionalProperties: false,
      properties: {
        port: { type: 'integer', default: 8080, description: expect.stringMatching(/Port to listen on/) },
      },
    });
  });
});
