import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Connector, Held, Resolution, TargetObject, Traits } from '../../../src/targets/connector.ts';
import type { HeldByName } from '../../support/quirk-server.ts';

/** A connector on its real counterpart, and a way to see what that holds past the connector. */
export interface Counterpart {
  readonly connector: Connector;
  readonly traits: Traits;
  /** The same counterpart, approached with credentials that it does not know; null where none are asked for. */
  readonly stranger: Connector | null;
  held(): Promise<HeldByName> | HeldByName;
  close(): Promise<void>;
}

export function aUser(
  userName: string,
  attributes: Record<string, unknown> = {},
): TargetObject & { kind: 'user' } {
  return { kind: 'user', id: randomUUID(), userName, active: true, attributes, roles: [] };
}

export function aGroup(name: string): TargetObject & { kind: 'group' } {
  return { kind: 'group', id: randomUUID(), name, roles: [] };
}

function found(resolution: Resolution): Held {
  if (resolution.kind !== 'found') throw new Error(`expected an object, got ${JSON.stringify(resolution)}`);
  return resolution.object;
}

/** What every connector must do; run on each real counterpart. */
export function describeConnector(title: string, start: () => Promise<Counterpart>): void {
  describe(`the connector contract: ${title}`, () => {
    let on: Counterpart;
    beforeAll(async () => {
      on = await start();
    });
    afterAll(() => on.close());

    const create = async (object: TargetObject): Promise<string> => {
      const outcome = await on.connector.apply({ kind: 'create', object }, on.traits);
      if (outcome.kind !== 'applied') throw new Error(JSON.stringify(outcome));
      return outcome.remoteId ?? found(await on.connector.resolve(object)).remoteId;
    };

    // A set: some servers list a member twice that was added twice, which is why the engine observes first.
    const heldMembers = async (group: string): Promise<Set<string>> =>
      new Set((await on.held()).groups[group] ?? []);

    it('is ready, and says so without changing anything', async () => {
      const before = await on.held();
      expect((await on.connector.probe()).kind).toBe('ready');
      expect(await on.held()).toEqual(before);
    });

    it('answers wrong credentials as unauthorised', async () => {
      if (on.stranger !== null)
        expect(await on.stranger.probe()).toMatchObject({
          kind: 'failed',
          outcome: { kind: 'unauthorised' },
        });
    });

    it('finds nothing where nothing is', async () => {
      expect(await on.connector.resolve(aUser('nobody'))).toEqual({ kind: 'none' });
      expect(await on.connector.observe('group', randomUUID())).toEqual({ kind: 'absent' });
    });

    it('creates a user, finds it again by our id and holds its attributes', async () => {
      const user = aUser('ada@example.org', {
        displayName: 'Ada L',
        name: { givenName: 'Ada', familyName: 'L' },
        emails: [{ value: 'ada@example.org', primary: true }],
      });
      const remoteId = await create(user);
      const object = found(await on.connector.resolve(user));
      expect(object).toMatchObject({ remoteId, externalId: user.id, name: 'ada@example.org', active: true });
      expect(await on.connector.apply({ kind: 'update', object: user, held: object }, on.traits)).toEqual({
        kind: 'noop',
      });
    });

    it('brings what differs in line, and nothing else', async () => {
      const user = aUser('bob', { displayName: 'Bob', title: 'Cook' });
      await create(user);
      const held = found(await on.connector.resolve(user));
      const changed = { ...user, attributes: { displayName: 'Robert' } };
      const outcome = await on.connector.apply({ kind: 'update', object: changed, held }, on.traits);
      expect(outcome.kind).toBe('applied');
      const after = found(await on.connector.resolve(user));
      expect(
        (await on.connector.apply({ kind: 'update', object: changed, held: after }, on.traits)).kind,
      ).toBe('noop');
    });

    it('deactivates a user and lets it come back under the same id (O-05)', async () => {
      const user = aUser('carol');
      const remoteId = await create(user);
      expect((await on.connector.apply({ kind: 'deactivate', remoteId }, on.traits)).kind).toBe('applied');
      expect((await on.held()).users.carol).toBe(false);
      const held = found(await on.connector.resolve(user));
      expect(held).toMatchObject({ remoteId, active: false });
      await on.connector.apply({ kind: 'update', object: user, held }, on.traits);
      expect((await on.held()).users.carol).toBe(true);
    });

    it('calls a namesake that carries another id a conflict (O-03)', async () => {
      await create(aUser('dora'));
      const other = aUser('dora');
      expect((await on.connector.resolve(other)).kind).toBe('conflict');
      expect((await on.connector.apply({ kind: 'create', object: other }, on.traits)).kind).toBe('conflict');
    });

    it('adds and removes members by deltas; repeating either does no harm (O-04)', async () => {
      const [one, two, three] = await Promise.all(['m1', 'm2', 'm3'].map((name) => create(aUser(name))));
      const group = await create(aGroup('team'));
      const members = [one, two, three].map(String);
      const add = { kind: 'add-members', group, members } as const;
      expect((await on.connector.apply(add, on.traits)).kind).toBe('applied');
      expect((await on.held()).groups.team).toEqual(['m1', 'm2', 'm3']);
      expect(['applied', 'noop']).toContain((await on.connector.apply(add, on.traits)).kind);
      const remove = { kind: 'remove-members', group, members: members.slice(0, 2) } as const;
      expect((await on.connector.apply(remove, on.traits)).kind).toBe('applied');
      expect(await heldMembers('team')).toEqual(new Set(['m3']));
      expect(['applied', 'noop', 'rejected']).toContain((await on.connector.apply(remove, on.traits)).kind);
      expect(await heldMembers('team')).toEqual(new Set(['m3']));
    });

    it('tells which members a group has', async () => {
      const member = await create(aUser('m4'));
      const group = await create(aGroup('observed'));
      await on.connector.apply({ kind: 'add-members', group, members: [member] }, on.traits);
      const observation = await on.connector.observeMembers(group, [member, 'stranger'], on.traits);
      if (observation.kind !== 'all' && observation.kind !== 'sample') throw new Error(observation.kind);
      expect([...observation.members]).toEqual([member]);
    });

    it('renames and deletes a group', async () => {
      const group = aGroup('before');
      const remoteId = await create(group);
      const held = found(await on.connector.resolve(group));
      await on.connector.apply({ kind: 'update', object: { ...group, name: 'after' }, held }, on.traits);
      expect(Object.keys((await on.held()).groups)).toContain('after');
      expect((await on.connector.apply({ kind: 'delete', of: 'group', remoteId }, on.traits)).kind).toBe(
        'applied',
      );
      expect((await on.connector.apply({ kind: 'delete', of: 'group', remoteId }, on.traits)).kind).toBe(
        'missing',
      );
      expect(Object.keys((await on.held()).groups)).not.toContain('after');
    });

    it('lists what the target holds, page by page, each once', async () => {
      const ids: string[] = [];
      let after: string | null = null;
      do {
        const page = await on.connector.list('user', after);
        if (page.kind !== 'page') throw new Error(JSON.stringify(page));
        ids.push(...page.objects.map(({ remoteId }) => remoteId));
        after = page.next;
      } while (after !== null);
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids).toHaveLength(Object.keys((await on.held()).users).length);
    });
  });
}
