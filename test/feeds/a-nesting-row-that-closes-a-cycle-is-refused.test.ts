import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Nesting, NestingStep } from '../../src/core/feeds/nesting-order.ts';
import { refuseCycles } from '../../src/core/feeds/nesting-order.ts';

const name = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const step = fc.oneof(
  fc.record({ kind: fc.constantFrom('nest', 'unnest'), group: name, member: name }),
  fc.record({ kind: fc.constant('unnest-all' as const), group: name }),
);

/** The plain way: keep the list of nestings, look for a path by trying everything. */
function naive(
  start: readonly Nesting[],
  steps: readonly NestingStep[],
): { refused: number[]; end: Nesting[] } {
  let nestings = [...start];
  const refused: number[] = [];
  const contains = (top: string, low: string): boolean =>
    top === low || nestings.some(({ group, member }) => group === top && contains(member, low));
  for (const one of steps) {
    if (one.kind === 'unnest-all') nestings = nestings.filter(({ group }) => group !== one.group);
    else if (one.kind === 'unnest')
      nestings = nestings.filter(({ group, member }) => group !== one.group || member !== one.member);
    else if (contains(one.member, one.group)) refused.push(one.line);
    else nestings.push({ group: one.group, member: one.member });
  }
  return { refused, end: nestings };
}

describe('F-10 nesting rows in file order', () => {
  it('refuse exactly what closes a cycle at its place in the file', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.nat(10), (steps, split) => {
        const numbered = steps.map((one, index) => ({ ...one, line: index + 1 }));
        const { end: start } = naive([], numbered.slice(0, split));
        const rest = numbered.slice(split);
        expect([...refuseCycles(start, rest).keys()]).toEqual(naive(start, rest).refused);
      }),
      { numRuns: 2_000 },
    );
  });

  it('name the whole path', () => {
    const start = [
      { group: 'A', member: 'B' },
      { group: 'B', member: 'C' },
    ];
    const refused = refuseCycles(start, [{ line: 7, kind: 'nest', group: 'C', member: 'A' }]);
    expect([...refused]).toEqual([[7, ['C', 'A', 'B', 'C']]]);
    expect(refuseCycles([], [{ line: 1, kind: 'nest', group: 'A', member: 'A' }]).get(1)).toEqual(['A', 'A']);
  });

  it('may turn a nesting round by deleting it first', () => {
    const steps: NestingStep[] = [
      { line: 1, kind: 'unnest', group: 'A', member: 'B' },
      { line: 2, kind: 'nest', group: 'B', member: 'A' },
    ];
    expect(refuseCycles([{ group: 'A', member: 'B' }], steps).size).toBe(0);
  });
});
