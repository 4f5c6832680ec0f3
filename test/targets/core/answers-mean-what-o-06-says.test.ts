import { describe, expect, it } from '@jest/globals';
import {
  isOfRequest,
  mayBeTooMany,
  outcomeOfAnswer,
  readRetryAfter,
} from '../../../src/core/targets/http-answer.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');

function kindOf(status: number, retryAfter: string | null = null): string {
  return outcomeOfAnswer({ status, retryAfter, detail: '' }, NOW).kind;
}

describe('O-06: what an answer of a target means', () => {
  it.each([
    [200, 'applied'],
    [204, 'applied'],
    [301, 'rejected'],
    [307, 'rejected'],
    [304, 'noop'],
    [400, 'rejected'],
    [401, 'unauthorised'],
    [403, 'rejected'],
    [404, 'missing'],
    [408, 'ambiguous'],
    [409, 'conflict'],
    [412, 'ambiguous'],
    [413, 'rejected'],
    [429, 'throttled'],
    [500, 'down'],
    [501, 'rejected'],
    [502, 'down'],
    [503, 'down'],
    [504, 'ambiguous'],
  ])('%i is %s', (status, kind) => {
    expect(kindOf(status)).toBe(kind);
  });

  it('takes a 503 that names a time as a pause of the target', () => {
    expect(kindOf(503, '5')).toBe('throttled');
  });

  it.each([
    ['120', NOW + 120_000],
    ['0', NOW],
    ['1.5', NOW + 1_500],
    ['Thu, 01 Jan 2026 00:00:30 GMT', NOW + 30_000],
    ['Wed, 31 Dec 2025 23:00:00 GMT', NOW],
    ['999999999', NOW + 86_400_000],
    ['soon', null],
  ])('reads Retry-After %s', (header, until) => {
    expect(readRetryAfter(header, NOW)).toBe(until);
  });

  it('takes a redirect, 405, 406, 415 and 501 for a refusal of the request, whomever it is about', () => {
    const answers = [200, 302, 400, 403, 404, 405, 406, 409, 413, 415, 422, 500, 501, 503];
    const refused = answers.filter((status) =>
      isOfRequest(outcomeOfAnswer({ status, retryAfter: null, detail: '' }, NOW)),
    );
    expect(refused).toEqual([302, 405, 406, 415, 501]);
  });

  it('suspects the number of members only behind 413, 400 and 422', () => {
    const suspected = [400, 403, 413, 422, 415].filter((status) =>
      mayBeTooMany(outcomeOfAnswer({ status, retryAfter: null, detail: '' }, NOW)),
    );
    expect(suspected).toEqual([400, 413, 422]);
  });
});
