/** What a group gives: roles downstream, permissions in Muster. */
import { holds } from '../../../core/actor.ts';
import { parsePermission, permissions } from '../../../core/permissions.ts';
import { setGroupRoles } from '../../../directory/roles.ts';
import { perform } from '../../../directory/work.ts';
import { patchGroup } from '../../../plans/edits/group-edits.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/details.tsx';
import { CheckField } from '../../components/field.tsx';
import { Form } from '../../components/form.tsx';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { openGroup } from './access.ts';
import { groupPage } from './frame.tsx';
import { noticeOf } from './outcome.ts';
import { moveRoles, pickRoles, RolesPicker } from './roles-picker.tsx';

/** GET /groups/:id/roles */
export async function showRoles(visit: Visit): Promise<ScreenAnswer> {
  const { t, person } = visit;
  const group = await openGroup(visit);
  const isFixed = !group.may('edit-group');
  const roles = await pickRoles(visit, group.row.roles);
  const p = t.groups.rolesPicker;
  return groupPage(visit, {
    group,
    tab: 'roles',
    body: (
      <div class="columns">
        <Card title={p.title}>
          <p class="quiet">{p.lead}</p>
          <Form action={`${group.path}/roles`}>
            <RolesPicker roles={roles} isFixed={isFixed} />
          </Form>
        </Card>
        <Card title={p.permissions}>
          <p class="quiet">{p.permissionsLead}</p>
          <Form action={`${group.path}/permissions`} class="stack">
            {permissions.map((permission) => (
              <CheckField
                key={permission}
                name="permission"
                value={permission}
                label={permission}
                hint={p.permission[permission]}
                isChecked={group.row.permissions.includes(permission)}
                isFixed={isFixed || !holds(person, permission)}
              />
            ))}
            {isFixed ? null : (
              <div class="actions">
                <Button tone="plain">{t.shell.save}</Button>
              </div>
            )}
          </Form>
        </Card>
      </div>
    ),
  });
}

/** POST /groups/:id/roles: the move takes effect at once. */
export async function changeRoles(visit: Visit): Promise<ScreenAnswer> {
  const { parts, by, form, t } = visit;
  const { row, path } = await openGroup(visit);
  const edit = { group: row.id, roles: moveRoles(form), at: 'change' } as const;
  const { place } = await perform(parts.directory, by, (work) => setGroupRoles(work, edit));
  const notice = { tone: 'done', text: t.groups.rolesPicker.changed } as const;
  return { kind: 'go', to: `${path}/roles`, ...(place === null ? {} : { notice }) };
}

/** POST /groups/:id/permissions. Those that the visitor does not hold had no field that could be sent, and stay (J-19). */
export async function changePermissions(visit: Visit): Promise<ScreenAnswer> {
  const { parts, by, form, person, t } = visit;
  const { row, path } = await openGroup(visit);
  const sent = form.getAll('permission').flatMap((text) => parsePermission(text) ?? []);
  const kept = row.permissions.flatMap((text) => {
    const permission = parsePermission(text);
    return permission === null || holds(person, permission) ? [] : [permission];
  });
  const patch = { permissions: [...new Set([...sent, ...kept])] };
  const edited = await patchGroup(parts, by, { group: row.id, ifMatch: null, patch });
  const notice = noticeOf(visit, edited, t.groups.rolesPicker.permissionsSaved);
  return { kind: 'go', to: `${path}/roles`, notice };
}
