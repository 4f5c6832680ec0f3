/** What the demo leaves to look at: students, clubs, a request, targets that go on receiving, a file that is held. */
import { z } from 'zod';
import { asker, clubs, fileTargets, kept, nestingsFile, poisonedFile, studentsFile } from './cast.ts';
import { dropFile } from './drop.ts';
import { callerOf } from './http.ts';
import type { Actors } from './story.ts';

const withId = z.object({ id: z.string() });
const itemsWithId = z.object({ items: z.array(withId.extend({ name: z.string().optional() })) });

/** Fills the university after the story. */
export async function fillCampus({ address, watchDir, tokens, tell }: Actors): Promise<void> {
  const admin = callerOf(`${address}/api/v1`, tokens.admin);
  const start = performance.now();
  await dropFile(watchDir, studentsFile, 'done');
  await dropFile(watchDir, nestingsFile, 'done');
  tell('The student office dropped 24 students with their faculties.', performance.now() - start);

  const user = itemsWithId.parse(await admin.get(`/users?userName=${asker.name}`)).items[0]?.id;
  for (const { name, description, open } of clubs) {
    const flags = { internal: false, hidden: false, public: true, open };
    const group = withId.parse(await admin.send('POST', '/groups', { name, description, ...flags }));
    if (!open) await admin.send('POST', `/groups/${group.id}/join`, { user, reason: asker.reason });
  }
  tell(`Two clubs were founded, and ${asker.name} asks to join one.`);

  const groups: string[] = [];
  for (const name of kept) {
    const found = itemsWithId.parse(await admin.get(`/groups?name=${name}`)).items;
    groups.push(...found.map(({ id }) => id));
  }
  const scope = { groups, allUsers: false };
  for (const { name, settings } of fileTargets) {
    await admin.send('POST', '/targets', { name, type: 'file', mode: 'enforce', scope, settings });
  }
  tell('Two targets keep files in step from now on: mailing lists, and the library.');

  await dropFile(watchDir, poisonedFile, 'held');
  tell('The student office dropped a file that would take every student out. A guard holds it.');
}
