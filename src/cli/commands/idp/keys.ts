import { samlKeys } from '../../../boot/saml.ts';
import { withCommonOptions, type Program } from '../../command.ts';
import { exit } from '../../exit.ts';
import { openKeys } from '../../installation.ts';
import { writeJson } from '../../terminal.ts';
import { visit, type CommonOptions } from '../../visit.ts';

/** `muster idp keys` */
export function addKeys({ io, run }: Program, parent: Program['root']): void {
  withCommonOptions(parent.command('keys').description('our own certificates, the signing one first'))
    .option('--rotate', 'make a new key; it is published now and signs in a week')
    .action(
      run(async (options: CommonOptions & { readonly rotate?: boolean }) => {
        const certificates = await visit(io, { command: 'idp keys', options }, async (open) => {
          const { masterKey } = await openKeys(open);
          const keys = samlKeys({ directory: open.directory, masterKey, baseUrl: open.settings.baseUrl });
          if (options.rotate === true) await keys.rotate();
          return keys.certificates();
        });
        if (options.json === true) writeJson(io.out, { certificates });
        else for (const certificate of certificates) io.out.write(pem(certificate));
        return exit.done;
      }),
    );
}

function pem(certificate: string): string {
  return `-----BEGIN CERTIFICATE-----\n${certificate.replaceAll(/(.{64})/g, '$1\n').trimEnd()}\n-----END CERTIFICATE-----\n`;
}
