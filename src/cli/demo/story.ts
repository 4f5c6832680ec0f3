/** The demo's story, step by step, over the same doors that anybody else uses. */
import { z } from 'zod';
import { outer, portalFile, pushed, pushedPeople, targets } from './cast.ts';
import { type Caller, callerOf } from './http.ts';
import { dropFile } from './drop.ts';
import type { ScimService, WebhookService } from './services.ts';
import { waitFor } from './wait.ts';

const withId = z.object({ id: z.string() });
const listOfIds = z.object({ Resources: z.array(withId).default([]) });
const listOfGroups = z.object({
  Resources: z.array(z.object({ members: z.array(z.object({ value: z.string() })).default([]) })).default([]),
});
const listOfUsers = z.object({ Resources: z.array(withId.extend({ userName: z.string() })).default([]) });
const webhookTarget = withId.extend({ signingSecret: z.string().optional() });

export interface Actors {
  readonly address: string;
  readonly watchDir: string;
  /** Tokens of the demo's identity provider and administrator. */
  readonly tokens: { readonly idp: string; readonly admin: string };
  readonly scim: ScimService;
  readonly webhook: WebhookService;
  /** Tells a finished step: what happened, and for those that were waited for, how long it took. */
  readonly tell: (text: string, tookMs?: number) => void;
}

/** Plays the whole story. What it makes stays, but for the two targets, whose services end with the demo. */
export async function playStory(actors: Actors): Promise<void> {
  const idp = callerOf(`${actors.address}/scim/v2`, actors.tokens.idp, 'application/scim+json');
  const admin = callerOf(`${actors.address}/api/v1`, actors.tokens.admin);
  const service = callerOf(actors.scim.url, actors.scim.token, 'application/scim+json');

  const ids = await pushPeople(idp, actors);
  const lecturers = await pushGroup(idp, ids, actors);
  await dropPortalFile(actors);
  const university = await findGroup(idp, outer.name);
  await addTargets(admin, university, actors);
  await seeMembers(service, outer.effective, actors);
  await explain(admin, university, ids, actors);
  await removeOne(idp, lecturers, ids, service, actors);
}

type Ids = ReadonlyMap<string, string>;

async function pushPeople(idp: Caller, { tell }: Actors): Promise<Ids> {
  const start = performance.now();
  const ids = new Map<string, string>();
  for (const { userName, displayName } of pushedPeople) {
    const schemas = ['urn:ietf:params:scim:schemas:core:2.0:User'];
    const told = { schemas, userName, displayName, active: true, externalId: userName };
    ids.set(userName, withId.parse(await idp.send('POST', '/Users', told)).id);
  }
  tell(`The identity provider pushed ${pushedPeople.length} people over SCIM.`, performance.now() - start);
  return ids;
}

async function pushGroup(idp: Caller, ids: Ids, { tell }: Actors): Promise<string> {
  const start = performance.now();
  const schemas = ['urn:ietf:params:scim:schemas:core:2.0:Group'];
  const members = pushed.members.map((name) => ({ value: ids.get(name) }));
  const group = await idp.send('POST', '/Groups', { schemas, displayName: pushed.name, members });
  tell(`It pushed the group ${pushed.name} with ${members.length} members.`, performance.now() - start);
  return withId.parse(group).id;
}

async function dropPortalFile({ watchDir, tell }: Actors): Promise<void> {
  const start = performance.now();
  await dropFile(watchDir, portalFile, 'done');
  tell(
    `The portal dropped ${portalFile.name}: it nests ${pushed.name} in demo-staff and that in ${outer.name}. It waited until the file was complete, and applied it in one transaction.`,
    performance.now() - start,
  );
}

async function findGroup(idp: Caller, name: string): Promise<string> {
  const found = await idp.get(
    `/Groups?excludedAttributes=members&filter=${encodeURIComponent(`displayName eq "${name}"`)}`,
  );
  const [group] = listOfIds.parse(found).Resources;
  if (group === undefined) throw new Error(`The group ${name} is not there.`);
  return group.id;
}

async function addTargets(admin: Caller, group: string, { scim, webhook, tell }: Actors): Promise<void> {
  const [directory, hook] = targets;
  const scope = { groups: [group], allUsers: false };
  await admin.send('POST', '/targets', {
    name: directory,
    type: 'scim',
    mode: 'enforce',
    scope,
    settings: { url: scim.url, allowPrivate: true },
    credentials: { bearer: scim.token },
  });
  const added = await admin.send('POST', '/targets', {
    name: hook,
    type: 'webhook',
    mode: 'enforce',
    scope,
    settings: { url: webhook.url, allowPrivate: true },
  });
  await webhook.learnSecret(webhookTarget.parse(added).signingSecret ?? '');
  tell(`Two services now receive ${outer.name}: a SCIM server and a webhook, each in a process of its own.`);
}

async function seeMembers(service: Caller, expected: readonly string[], { tell }: Actors): Promise<void> {
  const start = performance.now();
  await waitFor('the members to arrive downstream', () => membersAre(service, expected));
  tell(
    `The SCIM server holds the flattened members of ${outer.name}: ${expected.join(', ')}.`,
    performance.now() - start,
  );
}

async function explain(admin: Caller, group: string, ids: Ids, { tell }: Actors): Promise<void> {
  const [person = ''] = pushed.members;
  const start = performance.now();
  const answer = await admin.get(`/groups/${group}/members/${ids.get(person)}/explanation`);
  const tookMs = performance.now() - start;
  tell(`Why is ${person} in ${outer.name}?`, tookMs);
  for (const line of linesOf(answer)) tell(line);
}

async function removeOne(
  idp: Caller,
  lecturers: string,
  ids: Ids,
  service: Caller,
  { webhook, tell }: Actors,
): Promise<void> {
  const [person = ''] = pushed.members;
  const id = ids.get(person) ?? '';
  const start = performance.now();
  await idp.send('PATCH', `/Groups/${lecturers}`, {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
    Operations: [{ op: 'remove', path: `members[value eq "${id}"]` }],
  });
  const answered = performance.now() - start;
  const left = outer.effective.filter((name) => name !== person);
  await waitFor('the removal to arrive downstream', () => membersAre(service, left));
  const arrived = performance.now() - start;
  tell(`The identity provider took ${person} out of ${pushed.name}.`, answered);
  tell(`It left ${outer.name} at the SCIM server.`, arrived);
  await webhook.delivery('membership.effective', id);
  tell('The webhook was told, signed.', performance.now() - start);
}

/** Not null when the service's group holds exactly these people. */
async function membersAre(service: Caller, expected: readonly string[]): Promise<true | null> {
  const filter = encodeURIComponent(`displayName eq "${outer.name}"`);
  const [group] = listOfGroups.parse(await service.get(`/Groups?filter=${filter}`)).Resources;
  if (group?.members.length !== expected.length) return null;
  const users = listOfUsers.parse(await service.get('/Users?attributes=userName&count=100')).Resources;
  const names = new Map(users.map(({ id, userName }) => [id, userName]));
  const held = group.members.map(({ value }) => names.get(value)).sort();
  return JSON.stringify(held) === JSON.stringify([...expected].sort()) ? true : null;
}

const sourceShape = z.object({
  source: z.string(),
  origin: z.looseObject({ kind: z.string(), name: z.string().optional(), line: z.number().nullish() }),
});
interface Step {
  readonly kind: string;
  readonly group?: { readonly name: string } | undefined;
  readonly sources: readonly z.output<typeof sourceShape>[];
  readonly via: readonly Step[];
}
const stepShape: z.ZodType<Step> = z.lazy(() =>
  z.object({
    kind: z.string(),
    group: z.object({ name: z.string() }).optional(),
    sources: z.array(sourceShape).default([]),
    via: z.array(stepShape).default([]),
  }),
);
const explanationShape = z.object({
  tree: z.object({ group: z.object({ name: z.string() }), via: z.array(stepShape).default([]) }).nullable(),
});

/** The tree of an explanation, a line a step. */
function linesOf(answer: unknown): string[] {
  const { tree } = explanationShape.parse(answer);
  const lines: string[] = [];
  const walk = (steps: readonly Step[], depth: number): void => {
    for (const { kind, group, sources, via } of steps) {
      const what = kind === 'direct' ? 'listed there' : `through ${group?.name ?? kind}`;
      lines.push(`${'  '.repeat(depth)}${what}, says ${sources.map(sourceText).join(' and ')}`);
      walk(via, depth + 1);
    }
  };
  walk(tree?.via ?? [], 1);
  return lines;
}

function sourceText({ source, origin }: z.output<typeof sourceShape>): string {
  return origin.kind === 'file'
    ? `${source} (${origin.name ?? 'file'}, line ${origin.line ?? '?'})`
    : `${source} (${origin.kind})`;
}
