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
    const told = new Set(errorRows.map(({ status, scimType }) => `${status} ${String(scimType)}`));
    for (const [refusal, answer] of Object.entries(refusalAnswers)) {
      const kind = `${answer.status} ${'scimType' in answer ? answer.scimType : 'null'}`;
      expect({ refusal, kind, isTold: told.has(kind) }).toMatchObject({ isTold: true });
    }
  });
});
