/** What the screens are built of. */
import type { Logger } from 'pino';
import type { Directory } from '../directory/work.ts';
import type { Sessions } from '../http/session.ts';

export interface ConsoleParts {
  readonly directory: Directory;
  readonly sessions: Sessions;
  readonly log: Logger;
  readonly random: (bytes: number) => Buffer;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}
