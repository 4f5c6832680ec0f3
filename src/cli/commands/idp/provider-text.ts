/** A provider as commands tell of it. */
import { addressesFor } from '../../../sources/saml/addresses.ts';
import type { ProviderRow } from '../../../store/saml/providers.ts';
import { exit } from '../../exit.ts';
import { type CommandIo, writeJson } from '../../terminal.ts';
import type { CommonOptions } from '../../visit.ts';

export interface ToldProvider {
  readonly row: ProviderRow;
  /** Address of the installation. */
  readonly baseUrl: string;
}

/** Tells what became of a provider, and what to give to whoever runs it. */
export function tellProvider(io: CommandIo, options: CommonOptions, told: ToldProvider): 0 {
  const { row, baseUrl } = told;
  if (options.json === true) writeJson(io.out, providerBody(told));
  else {
    const { entityId } = addressesFor(baseUrl, row.name);
    const trust = row.settings.trustedFor;
    io.err.write(`${row.name} is ${row.entity_id}. People may sign in by it once it knows ${entityId}.\n`);
    io.err.write(
      trust.length === 0
        ? 'It is trusted for its own keys alone. If it is your own, --trust userName lets it sign in to accounts by name.\n'
        : `It is trusted for ${trust.join(' and ')}.\n`,
    );
  }
  return exit.done;
}

/** A provider as programs see it. */
export function providerBody({ row, baseUrl }: ToldProvider): object {
  return {
    ...{ id: row.id, name: row.name, entityId: row.entity_id, metadata: row.metadata_from },
    ...{ settings: row.settings, scopes: row.metadata.scopes, certificates: row.metadata.certificates },
    ...{
      validUntil: row.valid_until,
      refreshed: row.refreshed_at,
      trouble: row.last_error,
      lastLogin: row.last_login_at,
    },
    addresses: addressesFor(baseUrl, row.name),
  };
}
