/** Yes or no, many at once: is this user in that group? */
import { z } from 'zod';
import { parseGroupId, parseUserId } from '../core/ids.ts';
import { areMembers } from '../store/effective/membership.ts';
import { readFeedHead } from '../store/effective/feed-pages.ts';
import { answers, takes } from '../http/operation.ts';
import { readBody } from './input.ts';
import type { ApiParts } from './parts.ts';
import type { Answer, Call, Route } from './route.ts';
import { cursor } from './shapes.ts';

const MAX_CHECKS = 1_000;

const body = z.strictObject({
  checks: z.array(z.strictObject({ user: z.string(), group: z.string() })).max(MAX_CHECKS),
});

const result = z.object({
  results: z.array(z.boolean()),
  unknown: z.array(z.int()).describe('Places of pairs whose user or group does not exist.'),
  cursor,
});

export function checkRoutes(parts: ApiParts): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/check',
      scope: 'directory.read',
      summary: 'Whether users are in groups, up to 1,000 pairs',
      isReading: true,
      body: takes(body),
      answers: { 200: answers(result) },
      handle: (call) => check(parts, call),
    },
  ];
}

/** Read through the closure: exact, whatever the index knows. Ids that nothing has are told apart and answered false. */
async function check({ directory: { database }, cursors }: ApiParts, call: Call): Promise<Answer> {
  const { checks } = readBody(body, await call.json());
  const head = await readFeedHead(database);
  const pairs = checks.flatMap(({ user, group }, at) => {
    const [userId, groupId] = [parseUserId(user), parseGroupId(group)];
    return userId === null || groupId === null ? [] : [{ at, user: userId, group: groupId }];
  });
  const found = new Map(
    (await areMembers(database, pairs)).map((answer, place) => [pairs[place]?.at, answer]),
  );
  return {
    status: 200,
    body: {
      results: checks.map((_, at) => found.get(at)?.found ?? false),
      unknown: checks.flatMap((_, at) => (found.get(at)?.known === true ? [] : [at])),
      cursor: cursors.seal({ kind: 'end', batch: head }),
    },
  };
}
