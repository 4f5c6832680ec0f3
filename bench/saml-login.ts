import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { inflateRawSync } from 'node:zlib';
import { defaultProviderSettings } from '../src/core/saml/provider.ts';
import { addByMetadata } from '../src/sources/saml/admin.ts';
import { readMetadata } from '../src/sources/saml/metadata/read.ts';
import { formOf, metadataOf, newKey, respond, type TestKey } from '../test/saml/provider.ts';
import type { Benchmark } from './benchmark.ts';
import { absolute, type Figure } from './figure.ts';
import { openGround } from './ground.ts';
import { type Api, openApi } from './http/api.ts';
import { type ServerProcess, startDaemon, startScript, stopAll } from './http/processes.ts';
import { spreadOf } from './interleave.ts';
import { onScratchDatabase } from './kept-databases.ts';
import { BY } from './targets/ground.ts';

/**
 * How soon after a login downstream knows: from posting the provider's answer to a daemon until a SCIM service holds
 * the member of the outermost of three nested groups, account and all; and until it has lost it by the next login.
 */
export const samlLogin: Benchmark = {
  name: 'saml-login',
  goals: ['SAML'],
  run: (bench) =>
    onScratchDatabase(bench.server, async (url) => {
      const daemon = await startDaemon({ databaseUrl: url });
      const receiver = await startScript('bench/targets/scim-receiver.ts', {});
      const api = openApi(daemon.address, 1);
      try {
        const key = await addProvider(url);
        await connect(api, receiver);
        return await measure({ daemon, receiver, key });
      } finally {
        await api.close();
        await stopAll([daemon, receiver]);
      }
    }),
};

interface Login {
  readonly daemon: ServerProcess;
  readonly receiver: ServerProcess;
  readonly key: TestKey;
}

/** People before the first that counts: by then threads and connections stand. */
const WARM_UP = 3;
const PEOPLE = 30;
/** A login that is not downstream by then is a fault of the benchmark's. */
const PATIENCE_MS = 30_000;

async function measure(login: Login): Promise<Figure[]> {
  const times = { come: [] as number[], go: [] as number[] };
  const people = Number(process.env.MUSTER_BENCH_ROUNDS ?? PEOPLE);
  for (let at = -WARM_UP; at < people; at += 1) {
    const name = `person${at + WARM_UP}`;
    const come = await signIn(login, { name, affiliation: 'Employee', members: 1 });
    const go = await signIn(login, { name, affiliation: 'alum', members: 0 });
    if (at < 0) continue;
    times.come.push(come);
    times.go.push(go);
  }
  return Object.entries({
    'somebody new is a member there': times.come,
    'the next login has taken the member away': times.go,
  }).map(([what, taken]) => {
    const { p50, longest } = spreadOf(taken);
    return absolute({
      ...{ goal: 'SAML', unit: 'ms', ours: longest, limit: { atMost: 1_000 } },
      what: `from posting a login until ${what} (SCIM, three groups deep), longest of ${taken.length}`,
      note: `${what}: median ${p50.toFixed(1)} ms`,
    });
  });
}

/** Milliseconds from posting the provider's answer until the service holds so many members. */
async function signIn(
  { daemon, receiver, key }: Login,
  { name, affiliation, members }: { name: string; affiliation: string; members: number },
): Promise<number> {
  const begun = await fetch(`${daemon.address}/saml/uni/login?again=true`, { redirect: 'manual' });
  const address = new URL(begun.headers.get('Location') ?? '');
  const request = inflateRawSync(Buffer.from(address.searchParams.get('SAMLRequest') ?? '', 'base64'));
  const read = (pattern: RegExp): string => pattern.exec(request.toString('utf8'))?.[1] ?? '';
  const asked = {
    id: read(/ ID="([^"]+)"/),
    acs: read(/AssertionConsumerServiceURL="([^"]+)"/),
    entityId: read(/<saml:Issuer[^>]*>([^<]+)</),
    relayState: address.searchParams.get('RelayState') ?? '',
  };
  const attributes = { uid: [name], mail: [`${name}@example.org`], eduPersonAffiliation: [affiliation] };
  const body = new URLSearchParams(formOf(respond(asked, { key, attributes }), asked));
  const cookie = begun.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const posted = process.hrtime.bigint();
  const answer = await fetch(`${daemon.address}/saml/uni/acs`, {
    ...{ method: 'POST', redirect: 'manual', body, headers: { cookie } },
  });
  if (answer.status !== 303) throw new Error(`The login was answered ${answer.status}.`);
  await answer.arrayBuffer();
  return Number((await arrivalOf(receiver, members)) - posted) / 1e6;
}

/** When the service came to hold so many members: nanoseconds of the machine's clock. */
async function arrivalOf(receiver: ServerProcess, members: number): Promise<bigint> {
  const deadline = performance.now() + PATIENCE_MS;
  while (performance.now() < deadline) {
    const told: unknown = await (await fetch(`${receiver.address}/arrived/1`)).json();
    const now = told as { readonly arrived: string; readonly members: number };
    if (now.members === members) return BigInt(now.arrived);
    await pause(5);
  }
  throw new Error('What a login gives did not come downstream.');
}

async function addProvider(url: string): Promise<TestKey> {
  const ground = openGround(url);
  const folder = mkdtempSync(join(tmpdir(), 'muster-bench-'));
  const key = newKey();
  const metadata = join(folder, 'idp.xml');
  try {
    writeFileSync(metadata, metadataOf(key));
    await addByMetadata(
      {
        ...{ directory: ground.directory, now: Date.now, random: randomBytes },
        readMetadata: (task) => Promise.resolve(readMetadata(task)),
      },
      BY,
      {
        ...{ name: 'uni', metadata, entityId: null, signer: null },
        settings: { ...defaultProviderSettings, trustedFor: ['userName'] },
      },
    );
    return key;
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await ground.close();
  }
}

/** An affiliation, nested in two groups, of which the outer one is pushed to the service. */
async function connect(api: Api, receiver: ServerProcess): Promise<void> {
  const make = async (name: string): Promise<string> =>
    String(((await api.ask('POST', '/groups', { name })) as { id: unknown }).id);
  const [inner, staff, outer] = [
    await make('affiliation.Employee'),
    await make('Staff'),
    await make('Building'),
  ];
  await api.ask('PUT', `/groups/${staff}/members/groups/${inner}`);
  await api.ask('PUT', `/groups/${outer}/members/groups/${staff}`);
  await api.ask('POST', '/targets', {
    ...{ name: 'service', type: 'scim', mode: 'enforce', scope: { groups: [outer] } },
    settings: { url: `${receiver.address}/1`, allowPrivate: true },
  });
}
