import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileConnector, fileTraits } from '../../../src/targets/connectors/file/connector.ts';
import { readLines } from '../../../src/targets/connectors/file/lines.ts';
import { readPortalRows } from '../../../src/targets/connectors/file/portal.ts';
import { fileSettings } from '../../../src/targets/connectors/file/settings.ts';
import { describeConnector } from '../contract/connector-contract.ts';

for (const format of ['ndjson', 'portal'] as const) {
  describeConnector(`a file, ${format}`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'muster-file-'));
    const settings = fileSettings.parse({ file: 'groups.out', format });
    const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
    const connector = fileConnector(folder, settings);
    await connector.probe();
    return {
      connector,
      stranger: null,
      traits: fileTraits(settings),
      held: () => {
        const { users: none, groups: nothing } = { users: {}, groups: {} };
        let model;
        try {
          model = readLines(read(format === 'portal' ? '.groups.out.known' : 'groups.out'));
        } catch {
          return { users: none, groups: nothing };
        }
        if (format === 'portal') readPortalRows(read('groups.out'), model, settings);
        const { users, groups } = model;
        return {
          users: Object.fromEntries([...users.values()].map(({ userName, active }) => [userName, active])),
          groups: Object.fromEntries(
            [...groups.values()].map(({ name, members }) => [
              name,
              [...members].map((id) => users.get(id)?.userName ?? id).sort(),
            ]),
          ),
        };
      },
      close: async () => {
        await connector.close();
        rmSync(folder, { recursive: true });
      },
    };
  });
}
