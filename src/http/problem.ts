/**
 * What the HTTP layer itself refuses: no token, a body too large, a path that is not there. What the directory
 * refuses is a Refusal. Each door gives both its own form.
 */
export interface ProblemForms {
  'auth.required': 401;
  'auth.invalid': 401;
  'auth.scope': 403;
  'auth.address': 403;
  'auth.cross_site': 403;
  'request.invalid': 400;
  'body.malformed': 400;
  'body.too_large': 413;
  'body.unsupported_type': 415;
  'path.not_found': 404;
  'method.not_allowed': 405;
  'rate.limited': 429;
  'not.ready': 503;
}

export type ProblemCode = keyof ProblemForms;

const statuses: ProblemForms = {
  'auth.required': 401,
  'auth.invalid': 401,
  'auth.scope': 403,
  'auth.address': 403,
  'auth.cross_site': 403,
  'request.invalid': 400,
  'body.malformed': 400,
  'body.too_large': 413,
  'body.unsupported_type': 415,
  'path.not_found': 404,
  'method.not_allowed': 405,
  'rate.limited': 429,
  'not.ready': 503,
};

export class HttpProblem extends Error {
  readonly code: ProblemCode;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ProblemCode, detail: string, headers: Readonly<Record<string, string>> = {}) {
    super(detail);
    this.name = 'HttpProblem';
    this.code = code;
    this.status = statuses[code];
    this.headers = headers;
  }
}
