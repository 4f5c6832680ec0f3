import { openHttpClient } from '../../src/targets/outgoing/http-client.ts';
import { scimConnector, scimTraits } from '../../src/targets/connectors/scim/connector.ts';
import { scimSettings } from '../../src/targets/connectors/scim/settings.ts';
import type { Connector } from '../../src/targets/connector.ts';
import { openDoor } from '../scim/door.ts';
import { startChild } from '../support/child-process.ts';
import { type HeldByName, startQuirkServer } from '../support/quirk-server.ts';
import { describeConnector } from './contract/connector-contract.ts';

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The group of all who have arrived, which every Muster has. */
const EVERYONE = 'Authenticated Users';

function connect(url: string, bearer: string): Connector {
  const settings = scimSettings.parse({ url, allowPrivate: true });
  const http = openHttpClient({ allowPrivate: true, timeoutMs: 5_000, connections: 4 });
  return scimConnector({ settings, credentials: { bearer }, http, now: Date.now });
}

describeConnector('SCIM 2.0 on scimmy-routers', async () => {
  const server = await startChild(['test/support/foreign-scim-server.mjs', 'foreign-token'], {
    word: 'listening',
  });
  const url = `http://127.0.0.1:${server.said}`;
  const connector = connect(`${url}/scim/v2`, 'foreign-token');
  const stranger = connect(`${url}/scim/v2`, 'wrong');
  return {
    connector,
    stranger,
    traits: scimTraits(scimSettings.parse({ url })),
    held: async () => (await (await fetch(`${url}/held`)).json()) as HeldByName,
    close: async () => {
      await Promise.all([connector.close(), stranger.close()]);
      await server.stop();
    },
  };
});

describeConnector('SCIM 2.0 on a second Muster', async () => {
  const door = await openDoor();
  const { token, send } = await door.client();
  const url = door.baseUrl;
  const [connector, stranger] = [connect(url, token), connect(url, 'wrong')];
  return {
    ...{ connector, stranger },
    traits: scimTraits(scimSettings.parse({ url, allowPrivate: true })),
    held: async () => {
      const listed = async (path: string) => (await send('GET', path)).body.Resources ?? [];
      const users = await listed('/Users?count=200');
      const groups = (await listed('/Groups?count=200')).filter(
        ({ displayName }) => displayName !== EVERYONE,
      );
      const nameOf = new Map(users.map(({ id, userName }) => [id, textOf(userName)]));
      const membersOf = (members: unknown): string[] =>
        ((members ?? []) as { value: string }[]).map(({ value }) => nameOf.get(value) ?? value).sort();
      return {
        users: Object.fromEntries(users.map(({ userName, active }) => [textOf(userName), active === true])),
        groups: Object.fromEntries(
          groups.map(({ displayName, members }) => [textOf(displayName), membersOf(members)]),
        ),
      };
    },
    close: async () => {
      await Promise.all([connector.close(), stranger.close()]);
      await door.close();
    },
  };
});

for (const removal of ['filter', 'value', 'put'] as const) {
  for (const hidesMembers of [false, true]) {
    // Nothing can be taken out by PUT where members cannot be read.
    if (removal === 'put' && hidesMembers) continue;
    describeConnector(
      `SCIM 2.0, removal by ${removal}${hidesMembers ? ', members hidden' : ''}`,
      async () => {
        const server = await startQuirkServer({ hidesMembers, removal: [removal] });
        const connector = connect(server.url, 'any');
        const stranger = connect(server.url, 'wrong');
        server.quirks.trick = ({ headers }) =>
          headers.authorization === 'Bearer wrong' ? { kind: 'answer', status: 401 } : null;
        return {
          connector,
          stranger,
          traits: {
            ...scimTraits(scimSettings.parse({ url: server.url })),
            removal,
            membersReadable: !hidesMembers,
          },
          held: () => server.held(),
          close: async () => {
            await Promise.all([connector.close(), stranger.close()]);
            await server.close();
          },
        };
      },
    );
  }
}
