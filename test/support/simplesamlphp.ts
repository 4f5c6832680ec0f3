import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { findProgram } from './needs.ts';
import { newKey } from '../saml/provider.ts';

/** A real SimpleSAMLphp as identity provider: Debian's package, served by PHP's own server, set up by this test alone. */
export interface SimpleSamlPhp {
  /** Where its metadata are, which are its entity id too. */
  readonly metadata: string;
  /** Makes services known to it by their own metadata. */
  trust(metadata: readonly string[]): void;
  /** What it logged. */
  log(): string;
  stop(): Promise<void>;
}

/** Somebody who signs in there: `name:password`, and what is said of them. */
export type Accounts = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

const PAGES = '/usr/share/simplesamlphp/www';

/** Starts one on a free port of loopback. */
export async function startSimpleSamlPhp(accounts: Accounts): Promise<SimpleSamlPhp> {
  const folder = mkdtempSync(join(tmpdir(), 'muster-ssp-'));
  const port = await freePort();
  const address = `http://127.0.0.1:${port}`;
  for (const name of ['config', 'metadata', 'cert', 'data', 'log', 'temp']) mkdirSync(join(folder, name));
  const { privateKey, certificate } = newKey('simplesamlphp');
  writeFileSync(join(folder, 'cert/server.pem'), privateKey);
  writeFileSync(
    join(folder, 'cert/server.crt'),
    `-----BEGIN CERTIFICATE-----\n${certificate.replaceAll(/(.{64})/g, '$1\n').trimEnd()}\n-----END CERTIFICATE-----\n`,
  );
  const services = join(folder, 'metadata/services.xml');
  writeFileSync(services, aggregateOf([]));
  writeFileSync(join(folder, 'config/config.php'), php('config', configuration(folder, address)));
  writeFileSync(
    join(folder, 'config/authsources.php'),
    php('config', {
      admin: ['core:AdminPassword'],
      people: { 0: 'exampleauth:UserPass', ...accounts },
    }),
  );
  writeFileSync(
    join(folder, 'metadata/saml20-idp-hosted.php'),
    php("metadata['__DYNAMIC:1__']", {
      ...{ host: '__DEFAULT__', privatekey: 'server.pem', certificate: 'server.crt', auth: 'people' },
      'signature.algorithm': 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
      scope: ['example.org'],
      // It signs and checks messages of logouts only when told to.
      ...{ 'sign.logout': true, 'validate.logout': true, 'validate.authnrequest': true },
    }),
  );
  const errors = join(folder, 'log/php');
  const quiet = ['display_errors=0', 'log_errors=1', `error_log=${errors}`].flatMap((line) => ['-d', line]);
  const child = spawn(findProgram('php') ?? 'php', [...quiet, '-S', `127.0.0.1:${port}`, '-t', PAGES], {
    env: { ...process.env, SIMPLESAMLPHP_CONFIG_DIR: join(folder, 'config'), PHP_CLI_SERVER_WORKERS: '4' },
    stdio: 'ignore',
    detached: true,
  });
  const metadata = `${address}/saml2/idp/metadata.php`;
  await eventually(async () => {
    if (!(await fetch(metadata)).ok) throw new Error('SimpleSAMLphp does not answer.');
  });
  return {
    metadata,
    trust: (texts) => writeFileSync(services, aggregateOf(texts)),
    log: () => ['log/simplesamlphp.log', 'log/php'].map((name) => readIfThere(join(folder, name))).join(''),
    stop: async () => {
      const ended = once(child, 'exit');
      // Its workers are a group of processes of their own.
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function configuration(folder: string, address: string): object {
  return {
    baseurlpath: `${address}/`,
    ...{ certdir: `${folder}/cert/`, loggingdir: `${folder}/log/`, datadir: `${folder}/data/` },
    ...{ tempdir: `${folder}/temp`, metadatadir: `${folder}/metadata/`, timezone: 'UTC' },
    ...{ technicalcontact_name: 'Test', technicalcontact_email: 'na@example.org' },
    ...{ secretsalt: 'a salt of this test alone', 'auth.adminpassword': 'not used by any test' },
    'admin.checkforupdates': false,
    // Every message that it gets is held against the schemas of SAML.
    debug: { saml: false, backtraces: true, validatexml: true },
    ...{ 'logging.level': 7, 'logging.handler': 'file', 'logging.logfile': 'simplesamlphp.log' },
    'statistics.out': [],
    'enable.saml20-idp': true,
    'module.enable': { exampleauth: true, core: true, saml: true },
    ...{ 'session.cookie.secure': false, 'session.cookie.samesite': null, 'store.type': 'phpsession' },
    ...{ 'session.phpsession.savepath': `${folder}/data`, 'language.cookie.secure': false },
    'metadata.sources': [{ type: 'flatfile' }, { type: 'xml', file: `${folder}/metadata/services.xml` }],
  };
}

function aggregateOf(metadata: readonly string[]): string {
  const entities = metadata.map((text) => text.replace(/^<\?xml[^>]*\?>/, '')).join('');
  return `<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">${entities}</md:EntitiesDescriptor>`;
}

/** A file of PHP that sets a variable. */
function php(variable: string, value: unknown): string {
  return `<?php\n$${variable} = json_decode(<<<'JSON'\n${JSON.stringify(value)}\nJSON, true);\n`;
}

function readIfThere(file: string): string {
  appendFileSync(file, '');
  return readFileSync(file, 'utf8');
}
