import { openHttpClient } from '../../src/targets/outgoing/http-client.ts';
import { scimConnector, scimTraits } from '../../src/targets/connectors/scim/connector.ts';
import { scimSettings } from '../../src/targets/connectors/scim/settings.ts';
import type { Connector } from '../../src/targets/connector.ts';
import { startChild } from '../support/child-process.ts';
import { type HeldByName, startQuirkServer } from '../support/quirk-server.ts';
import { describeConnector } from './contract/connector-contract.ts';

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
