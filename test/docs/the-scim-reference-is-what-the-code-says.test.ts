import { describe, expect, it } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { refusalAnswers } from '../../src/sources/scim/problem.ts';
import { errorRows, scimReference } from './scim-reference.ts';

const page = join(dirname(fileURLToPath(import.meta.url)), '../../docs/reference/scim.md');

describe('docs/reference/scim.md', () => {
  it('is what the code says', async () => {
    const config = await resolveConfig(page);
    const wanted = await format(scimReference(), { ...config, parser: 'markdown' });
    if (process.env.UPDATE_DOCS === '1') writeFileSync(page, wanted);
    expect(readFileSync(page, 'utf8')).toBe(wanted);
  });

  it('names every kind of error that a refusal is answered with', () => {
    const statuses = new Set(errorRows.map(({ status }) => status));
    const types = new Set<string>(errorRows.flatMap(({ scimType }) => scimType ?? []));
    // The others are of doors that SCIM has nothing to do with.
    const ours =
      /^(user|group|member|nesting|version|value|attribute|patch|path|body|filter|cursor|schema|role)\./;
    for (const [refusal, answer] of Object.entries(refusalAnswers).filter(([name]) => ours.test(name))) {
      const type = 'scimType' in answer ? answer.scimType : null;
      const isTold = statuses.has(answer.status) && (type === null || types.has(type));
      expect({ refusal, ...answer, isTold }).toMatchObject({ isTold: true });
    }
  });
});
