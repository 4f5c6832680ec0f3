/**
 * `npm run docs:screenshots`: fills a new installation with the demo and some more, opens every screen of the console
 * in a browser and keeps its picture in docs/screenshots, light and wide, dark and narrow. Needs Chromium and openssl.
 */
import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createServer as createReceiver } from 'node:http';
import { createServer } from 'node:net';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { withPalette } from './palette.mjs';
import { requireNode, root } from './prepare.mjs';

const OUT = join(root, 'docs/screenshots');
const forms = {
  light: { colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  narrow: { colorScheme: 'dark', viewport: { width: 390, height: 800 } },
};
/** Nobody reads further down in a document. */
const TALLEST = 1_300;
/** Title of each screen, by the name of its pictures. */
const titles = new Map([['sign-in', 'Sign in']]);
const browserPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
);

requireNode();
if (browserPath === undefined) throw new Error('No Chromium was found; install the package chromium.');

const folder = mkdtempSync(join(tmpdir(), 'muster-screenshots-'));
chmodSync(folder, 0o711);
const port = await freePort();
const address = `http://localhost:${port}`;
const env = {
  ...process.env,
  DATABASE_URL: '',
  MUSTER_DATA_DIR: join(folder, 'data'),
  MUSTER_WATCH_DIR: join(folder, 'watch'),
  MUSTER_HOST: '127.0.0.1',
  MUSTER_PORT: String(port),
  MUSTER_BASE_URL: address,
  MUSTER_LOG_LEVEL: 'warn',
};
const muster = (...words) =>
  execFileSync(process.execPath, [join(root, 'bin/muster.mjs'), ...words], { env, encoding: 'utf8' });

const receiver = createReceiver((request, response) => {
  request.resume().once('end', () => response.writeHead(204).end());
});
const refuser = createReceiver((request, response) => {
  void answerAsRefuser(request, response);
});
const daemon = spawn(process.execPath, [join(root, 'bin/muster.mjs'), 'serve'], {
  env,
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  const greeting = await said(daemon, /Watched folder[^]*?\n\n/);
  console.log('The demo plays.');
  muster('demo');
  const browser = await chromium.launch({
    executablePath: browserPath,
    args: ['--no-sandbox', '--force-color-profile=srgb', '--disable-lcd-text'],
  });
  try {
    await takeAll(browser, /\/sign-in\/\S+/.exec(greeting)[0]);
  } finally {
    await browser.close();
  }
} finally {
  daemon.kill('SIGTERM');
  await new Promise((resolve) => daemon.once('exit', resolve));
  receiver.close();
  refuser.close();
  rmSync(folder, { recursive: true, force: true });
}
writeIndex();
tellSizes();

/** Signs in once, fills what the demo leaves empty, and takes every picture in both forms. */
async function takeAll(browser, link) {
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(OUT, { recursive: true });
  const first = await browser.newContext({ baseURL: address, reducedMotion: 'reduce', ...forms.light });
  const page = await first.newPage();
  await page.goto('/');
  await keep(page, 'sign-in', 'light');
  await page.goto(link);
  const paths = await fill(page);
  const cookies = await first.cookies();
  for (const [form, look] of Object.entries(forms)) {
    const context = await browser.newContext({ baseURL: address, reducedMotion: 'reduce', ...look });
    const its = await context.newPage();
    if (form !== 'light') {
      await its.goto('/');
      await keep(its, 'sign-in', form);
    }
    await context.addCookies(cookies);
    for (const [name, path] of Object.entries(paths)) {
      const answer = await its.goto(path);
      if (answer?.status() !== 200) throw new Error(`${path} answered ${answer?.status()}.`);
      await keep(its, name, form);
      titles.set(name, (await its.title()).replace(/ · [^·]*$/, ''));
    }
    await context.close();
  }
}

/** All of them on one page, as the folder shows itself. */
function writeIndex() {
  const shown = [...titles].map(([name, title]) =>
    [
      `## ${title}`,
      '',
      `<img src="${name}.light.png" alt="${title}, light and wide" width="72%"> <img src="${name}.narrow.png" alt="${title}, dark and narrow" width="22%">`,
      '',
    ].join('\n'),
  );
  const head =
    'Every screen of the [console](../console.md) with the demo, made by `npm run docs:screenshots`.';
  writeFileSync(join(OUT, 'README.md'), `# Screens\n\n${head}\n\n${shown.join('\n')}`);
}

/** What the demo does not have: a provider, a service that is down, one that refuses, one that is told, a conflict, a key held back. */
async function fill(page) {
  const get = async (path) => (await page.request.get(`/api/v1${path}`)).json();
  const idOf = async (kind, query) => (await get(`/${kind}?${query}`)).items[0].id;
  const [university, staff, students] = [
    await idOf('groups', 'name=demo-university'),
    await idOf('groups', 'name=demo-staff'),
    await idOf('groups', 'name=demo-students'),
  ];
  const lecturer = await idOf('users', 'userName=demo.lecturer1');
  const student = await idOf('users', 'userName=demo.student5');
  const asked = await idOf('groups', 'name=demo-debating-society');
  const [request] = (await get('/requests?state=pending')).items;
  const plan = (await get('/plans')).items.find(({ state }) => state === 'held');
  const targets = (await get('/targets')).items;
  const runs = (await get('/imports')).items;

  writeFileSync(join(folder, 'provider.xml'), providerMetadata());
  muster('idp', 'add', 'university', '--metadata', join(folder, 'provider.xml'));
  const made = JSON.parse(muster('client', 'create', 'hr-office', '--namespace', 'own', '--json'));
  for (const userName of ['demo.lecturer1', 'hr.newcomer']) {
    await fetch(`${address}/scim/v2/Users`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${made.token}`, 'Content-Type': 'application/scim+json' },
      body: JSON.stringify({ schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName }),
    });
  }
  const gone = await idOf('users', 'userName=demo.student26');
  await page.goto(`/users/${gone}/delete`);
  await page.getByRole('main').getByRole('button').first().click();
  await addService(page, 'Old wiki', await freePort());
  await page.getByText('does not answer').first().waitFor({ timeout: 60_000 });
  const wiki = new URL(page.url()).pathname;
  await new Promise((resolve) => refuser.listen(0, '127.0.0.1', resolve));
  await addService(page, 'Laboratory', refuser.address().port);
  await page.getByRole('button', { name: 'Send again' }).waitFor({ timeout: 60_000 });
  const laboratory = new URL(page.url()).pathname;
  await page.goto('/my-groups');
  await page
    .getByRole('button', { name: /^Join demo-/ })
    .first()
    .click();
  const events = await addWebhook(page);
  const debater = await idOf('users', 'userName=demo.student7');
  await comeAndGo(page, asked, 'demo.student7', debater);
  await page.goto(events);
  await page.getByRole('rowheader', { name: 'members changed' }).first().waitFor({ timeout: 60_000 });
  const conflict = (await get('/conflicts')).items[0].id;
  const client = (await get('/clients')).items.find(({ name }) => name === 'hr-office').id;
  const library = targets.find(({ name }) => name === 'demo-library').id;
  await changeByHand(page, library);
  const run = runs.find(({ state }) => state === 'held') ?? runs[0];
  await page.goto(`/targets/${library}`);
  await page.getByRole('button', { name: 'Push now' }).click();
  await page.getByText('Done.').waitFor({ timeout: 60_000 });
  const push = new URL(page.url()).pathname;
  const way = async (path, beginning) => {
    await page.goto(path);
    return page.locator(`main a[href^="${beginning}"]`).first().getAttribute('href');
  };
  return {
    overview: '/overview',
    'my-groups': '/my-groups',
    'my-groups-why': `/my-groups/${await idOf('groups', 'name=demo-chess-club')}/why`,
    join: `/groups/${asked}/join`,
    requests: '/requests',
    approve: `/requests/${request.id}/approve`,
    deny: `/requests/${request.id}/deny`,
    inbox: '/inbox',
    groups: '/groups?q=demo',
    'group-new': '/groups/new',
    group: `/groups/${university}`,
    'group-edit': `/groups/${university}/edit`,
    'group-members': `/groups/${staff}/members?who=student1`,
    'group-effective': `/groups/${university}/members?list=effective`,
    'group-member': `/groups/${staff}/members/user/${await idOf('users', 'userName=demo.librarian')}`,
    'group-roles': `/groups/${university}/roles`,
    'group-leaders': `/groups/${staff}/leaders`,
    'group-nesting': `/groups/${university}/nesting`,
    'group-targets': `/groups/${university}/targets`,
    'group-why': `/groups/${university}/why?user=${student}`,
    'group-why-not': `/groups/${staff}/why?user=${student}`,
    'group-why-ended': `/groups/${asked}/why?user=${debater}`,
    'group-history': `/groups/${students}/history`,
    'group-entry': await way(`/groups/${students}/history`, `/groups/${students}/history/`),
    'group-requests': `/groups/${asked}/requests`,
    users: '/users?q=demo',
    user: `/users/${lecturer}`,
    'user-new': '/users/new',
    'user-edit': `/users/${lecturer}/edit`,
    imports: '/imports',
    'import-new': '/imports/new',
    import: `/imports/${run.id}`,
    plans: '/plans',
    plan: `/plans/${plan.id}`,
    'plan-people': `/plans/${plan.id}/people`,
    'plan-operation': await way(`/plans/${plan.id}`, `/plans/${plan.id}/operations/`),
    targets: '/targets',
    'target-new': '/targets/new?type=scim',
    target: `/targets/${library}`,
    'target-down': wiki,
    'target-blocked': laboratory,
    'target-refused': await way(laboratory, `${laboratory}/refused`),
    'target-deliveries': events,
    push,
    'target-why': `/targets/${library}/why?user=${lecturer}`,
    'target-history': `/targets/${library}/history`,
    'target-drift': `/targets/${library}/drift`,
    'target-settings': `/targets/${library}/settings`,
    sources: '/sources',
    source: '/sources/csv',
    clients: '/clients',
    'client-new': '/clients/new',
    client: `/clients/${client}`,
    providers: '/providers',
    provider: '/providers/university',
    'provider-settings': '/providers/university/settings',
    conflicts: '/conflicts',
    conflict: `/conflicts/${conflict}`,
    'held-keys': '/conflicts/held-keys',
    activity: '/activity',
    settings: '/settings',
    doctor: '/doctor',
    tour: '/tour',
  };
}

/** A SCIM service on this machine that keeps the staff. */
async function addService(page, name, at) {
  await page.goto('/targets/new?type=scim');
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Address', { exact: true }).fill(`http://127.0.0.1:${at}/scim/v2`);
  await page.getByLabel('The address may be one of a private network').check();
  await page.getByLabel('Mode').selectOption('enforce');
  await page.getByRole('textbox', { name: /^Groups/ }).fill('demo-staff');
  await page.getByRole('button', { name: 'Add' }).click();
}

/** Makes accounts and groups, and takes no members. */
async function answerAsRefuser(request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const answers = {
    GET: [200, { totalResults: 0, Resources: [] }],
    POST: [201, { ...(chunks.length > 0 ? JSON.parse(Buffer.concat(chunks)) : {}), id: randomUUID() }],
  };
  const [status, body] = answers[request.method] ?? [501, { status: '501', detail: 'Not implemented' }];
  response.writeHead(status, { 'Content-Type': 'application/scim+json' }).end(JSON.stringify(body));
}

/** A service that is told what happens, and takes it. */
async function addWebhook(page) {
  await new Promise((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  await page.goto('/targets/new?type=webhook');
  await page.getByLabel('Name', { exact: true }).fill('Door locks');
  await page
    .getByLabel('Address', { exact: true })
    .fill(`http://127.0.0.1:${receiver.address().port}/members`);
  await page.getByLabel('The address may be one of a private network').check();
  await page.getByLabel('Mode').selectOption('enforce');
  await page.getByLabel('Further settings').fill('{"types":["membership.direct","group.*"]}');
  await page.getByRole('button', { name: 'Add' }).click();
  return page.getByRole('link', { name: 'To the target' }).getAttribute('href');
}

/** Somebody is added to a group and taken out again. */
async function comeAndGo(page, group, name, id) {
  await page.goto(`/groups/${group}/members?who=${name}`);
  await page.getByRole('button', { name: `Add ${name}`, exact: true }).click();
  await page.goto(`/groups/${group}/members/user/${id}/remove`);
  await page.getByRole('main').getByRole('button').first().click();
}

/** Somebody takes a member out of the file that a target keeps; a look finds it, and it is put right. */
async function changeByHand(page, library) {
  const file = join(folder, 'data/targets/demo-library.ndjson');
  const lines = readFileSync(file, 'utf8').split('\n');
  const taken = lines.findIndex((line) => line.includes('"membership"') && line.includes('demo.librarian'));
  writeFileSync(file, lines.filter((_, at) => at !== taken).join('\n'));
  await page.goto(`/targets/${library}/drift`);
  await page.getByRole('button', { name: 'Look now' }).click();
  await page.getByText('members are missing').waitFor({ timeout: 60_000 });
}

async function keep(page, name, form) {
  const height = await page.evaluate('document.documentElement.scrollHeight');
  const { width } = forms[form].viewport;
  const clip = { x: 0, y: 0, width, height: Math.min(height, TALLEST) };
  const picture = await page.screenshot({ fullPage: true, clip });
  writeFileSync(join(OUT, `${name}.${form}.png`), withPalette(picture));
}

function providerMetadata() {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '700',
      '-subj',
      '/CN=idp.demo.example',
      '-keyout',
      key,
      '-out',
      cert,
    ],
    { stdio: 'ignore' },
  );
  const certificate = execFileSync('openssl', ['x509', '-in', cert, '-outform', 'der']).toString('base64');
  return `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.demo.example/saml">
  <IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <Extensions>
      <shibmd:Scope xmlns:shibmd="urn:mace:shibboleth:metadata:1.0" regexp="false">demo.example</shibmd:Scope>
      <mdui:UIInfo xmlns:mdui="urn:oasis:names:tc:SAML:metadata:ui">
        <mdui:DisplayName xml:lang="en">University of Clouds</mdui:DisplayName>
      </mdui:UIInfo>
    </Extensions>
    <KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>${certificate}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>
    <SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.demo.example/sso"/>
  </IDPSSODescriptor>
</EntityDescriptor>`;
}

function said(child, pattern) {
  let text = '';
  return new Promise((resolve, reject) => {
    child.stdout.on('data', (piece) => {
      text += piece;
      if (pattern.test(text)) resolve(text);
    });
    child.once('exit', (code) => reject(new Error(`muster ended with ${code}.`)));
  });
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port: free } = server.address();
      server.close(() => resolve(free));
    });
  });
}

/** Pictures are kept with the text that shows them, so they have to stay small. */
function tellSizes() {
  const sizes = readdirSync(OUT)
    .filter((name) => name.endsWith('.png'))
    .map((name) => [name, statSync(join(OUT, name)).size]);
  const total = sizes.reduce((sum, [, size]) => sum + size, 0);
  console.log(`${sizes.length} pictures in docs/screenshots, ${Math.round(total / 1024)} KiB.`);
  for (const [name, size] of sizes)
    if (size > 100 * 1024) console.log(`  ${name}: ${Math.round(size / 1024)} KiB`);
}
