import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Attribute, Change, Client, type Entry } from 'ldapts';
import { type Certificate, makeCertificate } from './certificate.ts';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';

export const SUFFIX = 'dc=example,dc=org';
export const PEOPLE = `ou=people,${SUFFIX}`;
export const GROUPS = `ou=groups,${SUFFIX}`;
/** The account that Muster binds as: it may write, but is no administrator. */
export const SERVICE = { dn: `cn=muster,${SUFFIX}`, password: 'service secret' };
const ADMIN = { dn: `cn=admin,${SUFFIX}`, password: 'admin secret' };

/** A real slapd of the test's own, with the password policy overlay, on ports of its own. */
export interface Slapd {
  readonly port: number;
  readonly tlsPort: number;
  readonly certificate: Certificate;
  /** Everything below a base, as the server's administrator sees it, operational attributes too. */
  entries(base: string): Promise<Entry[]>;
  /** Does something as the administrator, past Muster. */
  asAdmin<T>(work: (client: Client) => Promise<T>): Promise<T>;
  /** Changes an attribute by hand, past Muster. */
  tamper(
    dn: string,
    operation: 'add' | 'delete' | 'replace',
    values: Readonly<Record<string, string>>,
  ): Promise<void>;
  /** Kills it without a warning. */
  kill(): Promise<void>;
  /** Starts it again on its old data. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

const SCHEMAS = '/etc/ldap/schema';
const MODULES = ['back_mdb', 'ppolicy', 'refint'];

/** Starts one; `overlays` are further lines of its configuration. */
export async function startSlapd({ overlays = '' }: { overlays?: string } = {}): Promise<Slapd> {
  const folder = mkdtempSync(join(tmpdir(), 'muster-slapd-'));
  const data = join(folder, 'data');
  mkdirSync(data);
  const certificate = makeCertificate(folder);
  const [port, tlsPort] = [await freePort(), await freePort()];
  const config = join(folder, 'slapd.conf');
  writeFileSync(config, configuration({ folder, data, certificate, overlays }));
  execFileSync(binary('slapadd'), ['-q', '-f', config], {
    input: FIRST_ENTRIES,
    stdio: ['pipe', 'ignore', 'pipe'],
  });

  let child: ChildProcess | null = null;
  const asAdmin = async <T>(work: (client: Client) => Promise<T>): Promise<T> => {
    const client = new Client({ url: `ldap://127.0.0.1:${port}`, timeout: 10_000 });
    try {
      await client.bind(ADMIN.dn, ADMIN.password);
      return await work(client);
    } finally {
      await client.unbind();
    }
  };
  const start = async (): Promise<void> => {
    const urls = `ldap://127.0.0.1:${port}/ ldaps://127.0.0.1:${tlsPort}/`;
    child = spawn(binary('slapd'), ['-d', '0', '-f', config, '-h', urls], { stdio: 'ignore' });
    await eventually(() => asAdmin(async () => undefined));
  };
  const kill = async (): Promise<void> => {
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  await start();
  return {
    port,
    tlsPort,
    certificate,
    asAdmin,
    kill,
    start,
    entries: (base) =>
      asAdmin(async (client) => {
        const found = await client.search(base, { scope: 'children', attributes: ['*', '+'] });
        return found.searchEntries;
      }),
    tamper: (dn, operation, values) =>
      asAdmin((client) =>
        client.modify(
          dn,
          Object.entries(values).map(
            ([type, value]) =>
              new Change({ operation, modification: new Attribute({ type, values: [value] }) }),
          ),
        ),
      ),
    stop: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function binary(name: string): string {
  const paths = ['/usr/sbin', '/usr/local/sbin', '/usr/bin'].map((folder) => join(folder, name));
  return paths.find((path) => existsSync(path)) ?? name;
}

function configuration(at: {
  folder: string;
  data: string;
  certificate: Certificate;
  overlays: string;
}): string {
  return `
${['core', 'cosine', 'inetorgperson', 'nis'].map((name) => `include ${SCHEMAS}/${name}.schema`).join('\n')}
pidfile ${at.folder}/slapd.pid
modulepath /usr/lib/ldap
${MODULES.map((name) => `moduleload ${name}`).join('\n')}
TLSCertificateFile ${at.certificate.certFile}
TLSCertificateKeyFile ${at.certificate.keyFile}
database mdb
suffix "${SUFFIX}"
rootdn "${ADMIN.dn}"
rootpw "${ADMIN.password}"
directory ${at.data}
maxsize 268435456
dbnosync
index objectClass,entryUUID,uid,cn,member,uniqueMember,memberUid,labeledURI,gidNumber eq
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="${SERVICE.dn}" write by * none
limits dn.exact="${SERVICE.dn}" size=unlimited
overlay ppolicy
${at.overlays}
`;
}

const FIRST_ENTRIES = `
dn: ${SUFFIX}
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: ${PEOPLE}
objectClass: organizationalUnit
ou: people

dn: ${GROUPS}
objectClass: organizationalUnit
ou: groups

dn: ${SERVICE.dn}
objectClass: applicationProcess
objectClass: simpleSecurityObject
cn: muster
userPassword: ${SERVICE.password}
`;
