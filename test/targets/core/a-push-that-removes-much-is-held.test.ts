import { describe, expect, it } from '@jest/globals';
import { FIRST_PUSH_LIMITS, judgePush, NOTHING_TO_PUSH } from '../../../src/core/targets/push-guard.ts';

const base = { users: 1_000, groups: 10, members: 5_000, desiredUsers: 900, desiredGroups: 10 };

describe('O-07: the guards of a push', () => {
  it.each([
    [{ usersDeactivated: 200 }, 'open'],
    [{ usersDeactivated: 201 }, 'held'],
    [{ membersRemoved: 1_000 }, 'open'],
    [{ membersRemoved: 1_001 }, 'held'],
    [{ deleted: 203 }, 'held'],
    [{ usersCreated: 100_000, membersAdded: 1_000_000 }, 'open'],
  ])('%j is %s', (counts, kind) => {
    expect(judgePush({ ...NOTHING_TO_PUSH, ...counts }, base, FIRST_PUSH_LIMITS).kind).toBe(kind);
  });

  it('let 50 pass at a small target, whatever the share', () => {
    const small = { users: 60, groups: 1, members: 60, desiredUsers: 10, desiredGroups: 1 };
    const counts = (usersDeactivated: number) => ({ ...NOTHING_TO_PUSH, usersDeactivated });
    expect(judgePush(counts(50), small, FIRST_PUSH_LIMITS).kind).toBe('open');
    expect(judgePush(counts(51), small, FIRST_PUSH_LIMITS).kind).toBe('held');
  });

  it('stop hard when nothing is desired but something is held', () => {
    const empty = { users: 3, groups: 1, members: 3, desiredUsers: 0, desiredGroups: 0 };
    expect(judgePush(NOTHING_TO_PUSH, empty, FIRST_PUSH_LIMITS).kind).toBe('held');
    expect(judgePush(NOTHING_TO_PUSH, { ...empty, users: 0, groups: 0 }, FIRST_PUSH_LIMITS).kind).toBe(
      'open',
    );
  });
});
