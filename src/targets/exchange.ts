/** One exchange with a target and how it ended, for traces; never with credentials. */
export interface Exchange {
  /** HTTP method, LDAP operation, SQL verb. */
  readonly method: string;
  /** What it was sent to. */
  readonly url: string;
  readonly body: string | null;
  /** Null when no answer came. */
  readonly status: number | null;
  readonly answer: string;
  readonly ms: number;
}
