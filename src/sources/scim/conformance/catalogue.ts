/** The catalogue: what identity providers really send, a chapter for each. */
import { entraFlag, entraGroups } from './entra-groups.ts';
import { entraReads } from './entra-reads.ts';
import { entraUsers } from './entra-users.ts';
import { type Chapter, type Outcome, runFixture } from './fixture.ts';
import { okta } from './okta.ts';
import { openSource, others } from './others.ts';
import { Probe, type ProbeOptions } from './probe.ts';

export const catalogue: readonly Chapter[] = [
  entraReads,
  entraUsers,
  entraGroups,
  entraFlag,
  okta,
  others,
  openSource,
];

/** Runs the catalogue against a server, one fixture after the other, and tells each outcome as it comes. */
export async function* runCatalogue(options: ProbeOptions): AsyncGenerator<Outcome> {
  for (const { provider, fixtures } of catalogue) {
    for (const fixture of fixtures) {
      yield runFixture(
        provider,
        fixture,
        new Probe({ ...options, mark: `${options.mark}-${fixture.id.toLowerCase()}` }),
      );
    }
  }
}
