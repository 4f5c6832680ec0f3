/** A user's values under short names, for targets that do not speak SCIM. */
import type { TargetUser } from '../connector.ts';

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const ENTERPRISE_ATTRIBUTES = [
  'employeeNumber',
  'costCenter',
  'organization',
  'division',
  'department',
  'manager',
];

/**
 * The values that a user has under a name: `id`, `userName`, `roles`, or a SCIM attribute as a path
 * (`name.familyName`, `emails`, `department`, `urn:…:User:department`). Of a complex value without a further
 * step, its `value`; of a list, every one, the primary one first. Empty where the user has none.
 */
export function valuesOf(user: TargetUser, path: string): string[] {
  switch (path) {
    case 'id':
      return [user.id];
    case 'userName':
      return [user.userName];
    case 'roles':
      return [...user.roles];
    default:
      return [...new Set(valuesAt(user.attributes, stepsOf(path)))];
  }
}

/** URNs hold dots themselves, so only what follows their last colon is split. */
function stepsOf(path: string): string[] {
  const colon = path.lastIndexOf(':');
  if (colon >= 0) return [path.slice(0, colon), ...path.slice(colon + 1).split('.')];
  const steps = path.split('.');
  return ENTERPRISE_ATTRIBUTES.includes(steps[0] ?? '') ? [ENTERPRISE, ...steps] : steps;
}

function valuesAt(value: unknown, steps: readonly string[]): string[] {
  if (Array.isArray(value)) {
    const items = (value as readonly unknown[]).toSorted(
      (a, b) => Number(isPrimary(b)) - Number(isPrimary(a)),
    );
    return items.flatMap((item) => valuesAt(item, steps));
  }
  if (typeof value === 'object' && value !== null) {
    const [step = 'value', ...rest] = steps;
    return step in value ? valuesAt((value as Readonly<Record<string, unknown>>)[step], rest) : [];
  }
  if (steps.length > 0 || value === undefined || value === null) return [];
  const text = typeof value === 'string' ? value.trim() : JSON.stringify(value);
  return text === '' ? [] : [text];
}

function isPrimary(item: unknown): boolean {
  return typeof item === 'object' && item !== null && 'primary' in item && item.primary === true;
}
