/** What the door of SAML is built of. */
import type { Logger } from 'pino';
import type { Directory } from '../../directory/work.ts';
import type { Sessions } from '../../http/session.ts';
import type { Metrics } from '../../observe/metrics.ts';
import type { KeyRing } from './keys/ring.ts';
import type { Verifier } from './verify/pool.ts';

export interface SamlParts {
  readonly directory: Directory;
  readonly sessions: Sessions;
  readonly keys: KeyRing;
  readonly verifier: Pick<Verifier, 'response'>;
  /** Address of the installation, without a slash at its end. */
  readonly baseUrl: string;
  readonly random: (bytes: number) => Buffer;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'logins'>;
}
