import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { denyRequest } from '../../src/directory/requests.ts';
import { type Cast, codeOf, openCast } from './cast.ts';

const ROUNDS = 40;

describe('races', () => {
  let cast: Cast;
  beforeAll(async () => {
    cast = await openCast();
  });
  afterAll(() => cast.close());

  it('J-13: of two who decide together one wins; J-07: of many who ask together one asks', async () => {
    const [one, two] = [await cast.asker('one'), await cast.asker('two')];
    const refs = [one, two].map(({ id }) => ({ type: 'user', id }) as const);
    const group = await cast.make('raced', {}, { leaders: refs });
    for (let round = 0; round < ROUNDS; round += 1) {
      const user = await cast.asker(`asker ${round}`);
      const asked = await Promise.all([1, 2, 3].map(() => codeOf(cast.join(user, group))));
      expect(asked.sort()).toEqual(['done', 'request.pending', 'request.pending']);
      const [row] = await cast.database.rows<{ id: string }>(
        { text: `select id from join_request where user_n = $1 and state = 'pending'` },
        [user.n],
      );
      const request = row?.id ?? '';
      const decided = await Promise.all([
        codeOf(cast.approve(one, { id: request } as never)),
        codeOf(cast.by(two, 'self-service', (work) => denyRequest(work, { request, reason: null }))),
      ]);
      expect(decided.sort()).toEqual(['done', 'request.decided']);
      const [end] = await cast.database.rows<{ state: string }>(
        { text: 'select state from join_request where id = $1' },
        [request],
      );
      expect((await cast.members(group)).includes(`asker ${round}`)).toBe(end?.state === 'approved');
    }
    const told = await cast.database.rows<{ n: number }>(
      {
        text: `select count(*)::int as n from change where group_n = $1 and type in ('request.approved', 'request.denied')`,
      },
      [group.n],
    );
    expect(told).toEqual([{ n: ROUNDS }]);
  });
});
