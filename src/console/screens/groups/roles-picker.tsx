/** Roles in two lists side by side: those that a group gives, and those that it could. */
import { foldName } from '../../../core/names.ts';
import type { Person } from '../../../core/actor.ts';
import { isAdministrator } from '../../../core/actor.ts';
import { listRoles, type RoleRow } from '../../../store/roles.ts';
import { Button } from '../../components/button.tsx';
import { useTexts } from '../../frame/here.ts';
import type { Visit } from '../../screen.ts';

export interface PickedRoles {
  readonly assigned: readonly string[];
  readonly available: readonly PickableRole[];
}

export interface PickableRole {
  readonly name: string;
  /** Why it cannot be given; null where it can (J-19). */
  readonly fixed: 'protected' | 'not-held' | null;
}

const MOST_ROLES = 1_000;

/** All roles, apart by whether they are among the assigned. */
export async function pickRoles({ parts, person }: Visit, assigned: readonly string[]): Promise<PickedRoles> {
  const roles = await listRoles(parts.directory.database, { after: 0, limit: MOST_ROLES }, null);
  const taken = new Set(assigned.map(foldName));
  return {
    assigned: roles.filter(({ name }) => taken.has(foldName(name))).map(({ name }) => name),
    available: roles
      .filter(({ name }) => !taken.has(foldName(name)))
      .map((role) => ({ name: role.name, fixed: fixedFor(person, role) })),
  };
}

function fixedFor(person: Person, role: RoleRow): PickableRole['fixed'] {
  if (isAdministrator(person)) return null;
  if (role.protected) return 'protected';
  return person.roles.has(foldName(role.name)) ? null : 'not-held';
}

/** What moves when its buttons are pressed: the form carries `do`, `give`, `take`, and all assigned as `role`. */
export function moveRoles(form: URLSearchParams): readonly string[] {
  const assigned = form.getAll('role');
  switch (form.get('do')) {
    case 'give':
      return [...new Set([...assigned, ...form.getAll('give')])];
    case 'take':
      return assigned.filter((name) => !form.getAll('take').includes(name));
    default:
      return assigned;
  }
}

/** The two lists and the buttons between them, for a form. */
export function RolesPicker({
  roles: { assigned, available },
  isFixed = false,
}: {
  readonly roles: PickedRoles;
  readonly isFixed?: boolean;
}) {
  const t = useTexts().groups.rolesPicker;
  const size = Math.max(5, Math.min(12, Math.max(assigned.length, available.length)));
  return (
    <div class="picker">
      {assigned.map((name) => (
        <input key={name} type="hidden" name="role" value={name} />
      ))}
      <div class="field">
        <label for="roles-available">{t.available}</label>
        <select id="roles-available" name="give" multiple size={size} disabled={isFixed}>
          {available.map(({ name, fixed }) => (
            <option key={name} value={name} disabled={fixed !== null}>
              {fixed === null ? name : `${name} (${fixed === 'protected' ? t.protected : t.notYours})`}
            </option>
          ))}
        </select>
        {available.length === 0 ? <p class="hint">{t.nothingAvailable}</p> : null}
      </div>
      {isFixed ? null : (
        <div class="picker-buttons">
          <Button tone="plain" name="do" value="give">
            {t.add} <span aria-hidden="true">→</span>
          </Button>
          <Button tone="plain" name="do" value="take">
            <span aria-hidden="true">←</span> {t.remove}
          </Button>
        </div>
      )}
      <div class="field">
        <label for="roles-assigned">{t.assigned}</label>
        <select id="roles-assigned" name="take" multiple size={size} disabled={isFixed}>
          {assigned.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
        {assigned.length === 0 ? <p class="hint">{t.nothingAssigned}</p> : null}
      </div>
      {isFixed ? null : <p class="hint">{t.hint}</p>}
    </div>
  );
}
