import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FILE_FAULT_CODES, ROW_FAULT_CODES } from '../../src/core/feeds/fault.ts';
import { openTestFeeds, type TestFeeds } from './feed-support.ts';

const page = readFileSync(new URL('../../docs/csv-formats.md', import.meta.url), 'utf8');
const examples = [...page.matchAll(/```csv\n(.*?)```\n+```outcome\n(.*?)```/gs)].map(
  ([, csv = '', outcome = '']) => ({
    csv,
    outcome: outcome.trim().split('\n'),
  }),
);

describe('docs/csv-formats.md', () => {
  let test: TestFeeds;
  beforeAll(async () => {
    test = await openTestFeeds();
  });
  afterAll(() => test.close());

  it('has an outcome for every example', () => {
    expect(examples.length).toBe([...page.matchAll(/```csv/g)].length);
    expect(examples.length).toBeGreaterThan(7);
  });

  it('tells the outcomes of its examples, one after the other', async () => {
    for (const { csv, outcome } of examples) {
      const { run, byLine } = await test.import(csv);
      const rejected = run.state === 'rejected' ? [`rejected ${run.error?.code ?? ''}`] : [];
      const real = [...rejected, ...Object.entries(byLine).map((entry) => entry.join(' '))];
      expect({ csv, outcome: real }).toEqual({ csv, outcome });
    }
  });

  it.each([...FILE_FAULT_CODES, ...ROW_FAULT_CODES])('lists the code %s', (code) => {
    expect(page).toContain(`\`${code}\``);
  });
});
