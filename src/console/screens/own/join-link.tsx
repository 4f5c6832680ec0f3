/** The join link of a group (J-02): looking changes nothing, the button joins or asks. */
import { parseGroupId } from '../../../core/ids.ts';
import { decideJoin, type Standing } from '../../../core/joining.ts';
import { isRefusal, Refusal } from '../../../core/refusal.ts';
import { isJoinableBy } from '../../../store/effective/joinable.ts';
import { findGroup, type GroupRow } from '../../../store/groups.ts';
import { findSource } from '../../../store/sources.ts';
import { lockStanding } from '../../../store/standing.ts';
import { Button, LinkButton } from '../../components/button.tsx';
import { Card } from '../../components/details.tsx';
import { TextField } from '../../components/field.tsx';
import { Form } from '../../components/form.tsx';
import { Remark } from '../../components/notice-box.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { useTexts } from '../../frame/here.ts';
import { wordsOf } from '../../refusals.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { join } from './wishes.ts';

/** What the page says: how joining would go, or why it does not. */
type Offer =
  | { readonly kind: 'at-once' | 'request' | 'member' | 'pending' }
  | { readonly kind: 'refused'; readonly why: string };

/** GET /groups/:id/join */
export async function showJoinLink(visit: Visit): Promise<ScreenAnswer> {
  const { t } = visit;
  const open = await openLink(visit);
  if (open === null) return nothingHere(visit);
  const { group, standing } = open;
  const title = t.own.joinPage.title(group.name);
  return {
    kind: 'page',
    title,
    at: '/my-groups',
    crumbs: [{ text: t.own.title, href: '/my-groups' }],
    body: (
      <>
        <PageHeader title={title} lead={group.description ?? undefined} />
        <Card>
          <OfferBox group={group} offer={offerOf(group, standing)} />
        </Card>
      </>
    ),
  };
}

/** POST /groups/:id/join */
export async function joinByLink(visit: Visit): Promise<ScreenAnswer> {
  const open = await openLink(visit);
  return open === null ? nothingHere(visit) : join(visit, open.group.id, '/my-groups');
}

/** The same page whether there is no such group or none that is shown. */
function nothingHere({ t }: Visit): ScreenAnswer {
  const p = t.own.joinPage;
  return {
    kind: 'page',
    title: p.none,
    status: 404,
    at: '/my-groups',
    crumbs: [{ text: t.own.title, href: '/my-groups' }],
    body: (
      <>
        <PageHeader title={p.none} />
        <Card>
          <p>{p.noneNext}</p>
          <ToMine />
        </Card>
      </>
    ),
  };
}

/** Null to whom the link shows nothing: internal groups, and those that need a permission (J-01, J-09). */
async function openLink({
  parts,
  params,
  person,
}: Visit): Promise<{ readonly group: GroupRow; readonly standing: Standing } | null> {
  const { database } = parts.directory;
  const id = parseGroupId(params.id ?? '');
  const source = await findSource(database, 'self-service');
  const group = source === null || id === null ? null : await findGroup(database, id, source.n);
  if (group === null || group.internal || !(await isJoinableBy(database, group.n, person.n))) return null;
  const found = await database.transaction((tx) => lockStanding(tx, person.id, group.n));
  if (found === null) throw new Refusal('user.not_found', { user: person.id });
  return { group, standing: found.standing };
}

function offerOf(group: GroupRow, standing: Standing): Offer {
  if (standing.isMember) return { kind: 'member' };
  if (standing.pending === 'join') return { kind: 'pending' };
  try {
    return { kind: decideJoin(group, standing) };
  } catch (error) {
    if (isRefusal(error)) return { kind: 'refused', why: wordsOf(error) };
    throw error;
  }
}

function OfferBox({ group, offer }: { readonly group: GroupRow; readonly offer: Offer }) {
  const t = useTexts().own;
  const p = t.joinPage;
  switch (offer.kind) {
    case 'member':
    case 'pending':
      return (
        <>
          <p>{offer.kind === 'member' ? p.member(group.name) : p.pending(group.name)}</p>
          <ToMine />
        </>
      );
    case 'refused':
      return (
        <>
          <Remark tone="problem" title={p.cannot}>
            <p>{offer.why}</p>
          </Remark>
          <ToMine />
        </>
      );
    case 'at-once':
    case 'request':
      return (
        <Form action={`/groups/${group.id}/join`} class="stack">
          <p>{offer.kind === 'at-once' ? p.open : p.asks}</p>
          {offer.kind === 'request' ? <TextField name="reason" label={p.reason} rows={3} /> : null}
          <div class="actions">
            <Button>{offer.kind === 'at-once' ? t.join : t.askJoin}</Button>
            <LinkButton href="/my-groups" tone="plain">
              {p.toMine}
            </LinkButton>
          </div>
        </Form>
      );
  }
}

function ToMine() {
  const t = useTexts().own.joinPage;
  return (
    <div class="actions">
      <LinkButton href="/my-groups" tone="plain">
        {t.toMine}
      </LinkButton>
    </div>
  );
}
