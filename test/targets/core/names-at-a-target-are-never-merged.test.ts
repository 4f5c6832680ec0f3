import { describe, expect, it } from '@jest/globals';
import {
  faultOfTargetName,
  faultOfTemplate,
  foldTargetName,
  targetName,
} from '../../../src/core/targets/target-name.ts';

const group = { id: '6b1e9a54-0000-4000-8000-000000000001', name: 'Câfé Team' };

describe('O-09: names of groups at a target', () => {
  it('follow the template', () => {
    expect(targetName(group, 'muster-{name}')).toBe('muster-Câfé Team');
    expect(targetName(group, '{id}')).toBe(group.id);
  });

  it('take a replacement pattern in a name literally', () => {
    expect(targetName({ id: 'x', name: "$& $1 $'" }, 'a {name}')).toBe("a $& $1 $'");
  });

  it('refuse a template that gives all groups one name, or names what there is not', () => {
    expect(faultOfTemplate('everyone')).not.toBeNull();
    expect(faultOfTemplate('{source}-{name}')).toContain('{source}');
    expect(faultOfTemplate('{name}')).toBeNull();
  });

  it('are refused when too long, never cut', () => {
    const rules = { template: '{name}', fold: 'exact', longest: 20 } as const;
    expect(faultOfTargetName('x'.repeat(21), rules)).toContain('21');
    expect(faultOfTargetName('😀'.repeat(20), rules)).toBeNull();
    expect(faultOfTargetName('', rules)).not.toBeNull();
  });

  it.each([
    ['exact', 'Team', 'team', false],
    ['exact', 'e\u0301', '\u00e9', true],
    ['case', 'TEAM', 'team', true],
    ['case', 'Straße', 'STRASSE', true],
    ['case', 'a b', 'a-b', false],
    ['ascii', 'Café, Team', 'cafe team', true],
  ] as const)('fold as %s: %s and %s', (fold, one, other, same) => {
    expect(foldTargetName(one, fold) === foldTargetName(other, fold)).toBe(same);
  });
});
