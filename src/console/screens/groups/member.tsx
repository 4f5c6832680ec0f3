/** One direct membership: who asserts it, when it ends, what its member may do here. Adding and removing. */
import { type GroupId, parseGroupId, parseUserId, type UserId } from '../../../core/ids.ts';
import { Refusal } from '../../../core/refusal.ts';
import { delegate } from '../../../directory/delegations.ts';
import { perform } from '../../../directory/work.ts';
import { editMembership, type MembershipEdit } from '../../../plans/edits/group-edits.ts';
import { resolveMembers } from '../../../store/assertions.ts';
import { countMembers } from '../../../store/effective/membership.ts';
import { describeShownMembers, type ShownMember } from '../../../store/screens/member-rows.ts';
import { Button, LinkButton } from '../../components/button.tsx';
import { Confirmation } from '../../components/confirmation.tsx';
import { Card, Details } from '../../components/details.tsx';
import { CheckField, TextField } from '../../components/field.tsx';
import { Form } from '../../components/form.tsx';
import { ExactMoment } from '../../components/moment.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { placeBelow } from '../../place.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { type OpenGroup, openGroup } from './access.ts';
import { readMember } from './leaders.tsx';
import { noticeOf } from './outcome.ts';

/** POST /groups/:id/members/add */
export async function addMemberOfForm(visit: Visit): Promise<ScreenAnswer> {
  const { parts, by, form, t } = visit;
  const { row, path } = await openGroup(visit);
  const member = readMember(form.get('member') ?? '');
  const [found] = await resolveMembers(parts.directory.database, [member.id]);
  const edit: MembershipEdit = {
    do: 'add',
    group: row.id,
    member: memberOf(member.type, member.id),
    expiresAt: readEnd(form.get('until') ?? ''),
  };
  const edited = await editMembership(parts, by, edit);
  const [shown] = await describeShownMembers(
    parts.directory.database,
    row.n,
    found === undefined ? [] : [found.n],
  );
  const name = shown?.name ?? member.id;
  const isNew = edited.result.result.added.length > 0;
  const done = isNew ? t.members.added(name) : t.members.alreadyThere(name);
  return { kind: 'go', to: `${path}/members`, notice: noticeOf(visit, edited, done) };
}

/** GET /groups/:id/members/:type/:memberId */
export async function showMember(visit: Visit): Promise<ScreenAnswer> {
  const { t } = visit;
  const group = await openGroup(visit);
  const { shown, path } = await openMember(visit, group);
  const m = t.members.one;
  const mayEnd = group.may('add-members') && group.closed === null;
  return {
    kind: 'page',
    title: shown.name,
    ...placeOf(visit, group),
    body: (
      <>
        <PageHeader
          title={`${shown.name} › ${group.row.name}`}
          actions={
            shown.type === 'user' ? (
              <LinkButton href={`${group.path}/why?user=${shown.id}`} tone="plain">
                {t.members.why}
              </LinkButton>
            ) : undefined
          }
        />
        <div class="columns">
          <Card title={m.facts}>
            <Details
              items={[
                { name: m.asserted, value: shown.sources.join(', ') },
                { name: m.since, value: shown.since === null ? '' : <ExactMoment at={shown.since} /> },
                {
                  name: m.ends,
                  value: shown.expires_at === null ? m.never : <ExactMoment at={shown.expires_at} />,
                },
              ]}
            />
            {mayEnd ? (
              <Form action={`${path}/end`} class="stack">
                <TextField
                  name="until"
                  label={m.setEnd}
                  hint={m.setEndHint}
                  type="date"
                  value={shown.expires_at === null ? '' : lastDay(shown.expires_at)}
                />
                <div class="actions">
                  <Button tone="plain">{m.saveEnd}</Button>
                </div>
              </Form>
            ) : null}
          </Card>
          {shown.type === 'user' && group.may('give-delegation') && group.row.kind === 'regular' ? (
            <Card title={m.delegation}>
              <p class="quiet">{m.delegationLead}</p>
              <Form action={`${path}/delegation`} class="stack">
                <CheckField name="canAdd" label={m.canAdd} isChecked={shown.can_add} />
                <CheckField name="canRemove" label={m.canRemove} isChecked={shown.can_remove} />
                <div class="actions">
                  <Button tone="plain">{m.saveDelegation}</Button>
                </div>
              </Form>
            </Card>
          ) : null}
        </div>
      </>
    ),
  };
}

/** POST …/end: the membership is asserted anew, with another end. */
export async function changeEnd(visit: Visit): Promise<ScreenAnswer> {
  const { parts, by, form, t } = visit;
  const group = await openGroup(visit);
  const { member, path } = await openMember(visit, group);
  const expiresAt = readEnd(form.get('until') ?? '');
  const edited = await editMembership(parts, by, { do: 'add', group: group.row.id, member, expiresAt });
  return { kind: 'go', to: path, notice: noticeOf(visit, edited, t.members.one.endSaved) };
}

/** POST …/delegation */
export async function changeDelegation(visit: Visit): Promise<ScreenAnswer> {
  const { parts, by, form, t } = visit;
  const group = await openGroup(visit);
  const { member, path } = await openMember(visit, group);
  if (member.type === 'user') {
    const [canAdd, canRemove] = [form.has('canAdd'), form.has('canRemove')];
    const wanted = { group: group.row.id, user: member.id, canAdd, canRemove };
    await perform(parts.directory, by, (work) => delegate(work, wanted));
  }
  return { kind: 'go', to: path, notice: { tone: 'done', text: t.members.one.delegationSaved } };
}

/** GET …/remove: what un-nesting a group would do. */
export async function offerRemoval(visit: Visit): Promise<ScreenAnswer> {
  const { parts, t } = visit;
  const group = await openGroup(visit);
  const { shown, path } = await openMember(visit, group);
  const title = t.members.one.removeTitle(shown.name, group.row.name);
  const people =
    shown.type === 'group'
      ? await countMembers(parts.directory.database, shown.n as OpenGroup['row']['n'], 'effective')
      : 0;
  return {
    kind: 'page',
    title,
    ...placeOf(visit, group),
    body: (
      <Confirmation
        title={title}
        action={`${path}/remove`}
        verb={t.members.remove}
        back={`${group.path}/members`}
      >
        <p>{shown.type === 'group' ? t.members.one.removeGroupWhat(people) : t.members.one.removeUserWhat}</p>
      </Confirmation>
    ),
  };
}

/** POST …/remove */
export async function removeMemberOfForm(visit: Visit): Promise<ScreenAnswer> {
  const { parts, by, t } = visit;
  const group = await openGroup(visit);
  const { member, shown } = await openMember(visit, group);
  const edited = await editMembership(parts, by, { do: 'remove', group: group.row.id, member });
  const notice = noticeOf(visit, edited, t.members.removed(shown.name));
  return { kind: 'go', to: `${group.path}/members`, notice };
}

interface OpenMember {
  readonly member: MembershipEdit['member'];
  readonly shown: ShownMember;
  readonly path: string;
}

/** The direct member of the path. Refuses `member.not_found`. */
async function openMember({ parts, params }: Visit, group: OpenGroup): Promise<OpenMember> {
  const { database } = parts.directory;
  const [type, text] = [params.type ?? '', params.memberId ?? ''];
  const id = type === 'user' ? parseUserId(text) : type === 'group' ? parseGroupId(text) : null;
  const [found] = id === null ? [] : await resolveMembers(database, [id]);
  const [shown] = await describeShownMembers(database, group.row.n, found === undefined ? [] : [found.n]);
  if (id === null || shown?.type !== type || shown.sources.length === 0) {
    throw new Refusal('member.not_found', { members: [text] });
  }
  return { member: memberOf(type, id), shown, path: `${group.path}/members/${type}/${id}` };
}

function memberOf(type: string, id: UserId | GroupId): MembershipEdit['member'] {
  // Read as that type before.
  return type === 'user' ? { type, id: id as UserId } : { type: 'group', id: id as GroupId };
}

/** The end of a day that a field for dates sent; null for an empty one. Refuses what is no day. */
function readEnd(day: string): Date | null {
  if (day === '') return null;
  const end = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(end.getTime())) {
    throw new Refusal('value.invalid', { attribute: 'The end', why: 'is no day such as 2027-03-01.' });
  }
  end.setUTCDate(end.getUTCDate() + 1);
  return end;
}

function lastDay(end: Date): string {
  return new Date(end.getTime() - 1).toISOString().slice(0, 10);
}

function placeOf({ t }: Visit, { row, path }: OpenGroup) {
  const group = placeBelow({ name: t.groups.title, path: '/groups' }, { name: row.name, path });
  return { ...group, crumbs: [...group.crumbs, { text: t.groups.tabs.members, href: `${path}/members` }] };
}
