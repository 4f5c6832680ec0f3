/** One conflict: what happened, whom it concerns, and deciding it. */
import { findPlace } from '../../../core/feeds/stated.ts';
import { parseUserId } from '../../../core/ids.ts';
import { may } from '../../../core/policies.ts';
import { Refusal } from '../../../core/refusal.ts';
import { answerConflict, revokeGrant } from '../../../directory/conflicts.ts';
import { decideDisagreement } from '../../../directory/disagreements.ts';
import { perform } from '../../../directory/work.ts';
import { wordIn } from '../../address.ts';
import { Button } from '../../components/button.tsx';
import { Card, type Detail, Details } from '../../components/details.tsx';
import { Form } from '../../components/form.tsx';
import { ExactMoment, Moment } from '../../components/moment.tsx';
import { Remark } from '../../components/notice-box.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { useTexts } from '../../frame/here.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { DecideCard } from './decide-card.tsx';
import { decisionOf, type Dispute, requireDispute, titleOf } from './dispute.ts';
import { sayerOf } from './list.tsx';

/** GET /conflicts/:id */
export async function showConflict({ parts, params, person, t }: Visit): Promise<ScreenAnswer> {
  const dispute = await requireDispute(parts.directory.database, params.id ?? '');
  const title = titleOf(t, dispute);
  const isOpen = decisionOf(dispute) === null;
  return {
    kind: 'page',
    title,
    at: '/conflicts',
    crumb: t.conflicts.kinds[dispute.row.kind],
    crumbs: [{ text: t.conflicts.title, href: '/conflicts' }],
    body: (
      <>
        <PageHeader title={title} lead={dispute.of === 'file' ? dispute.row.detail : undefined} />
        {isOpen ? null : <DecidedRemark dispute={dispute} mayRevoke={may('see-settings', person)} />}
        <div class="columns">
          <Facts dispute={dispute} />
          {!isOpen ? null : may('see-settings', person) ? (
            <DecideCard dispute={dispute} />
          ) : (
            <Card title={t.conflicts.decide}>
              <p>{t.conflicts.onlyAdministrators}</p>
            </Card>
          )}
        </div>
      </>
    ),
  };
}

/** POST /conflicts/:id */
export async function postDecision({ parts, params, form, by, t }: Visit): Promise<ScreenAnswer> {
  const { of, row } = await requireDispute(parts.directory.database, params.id ?? '');
  const said = (form.get('reason') ?? '').trim();
  const reason = said === '' ? null : said;
  if (of === 'client') {
    const decision = decided(wordIn(form, 'decision', ['granted', 'dismissed'] as const));
    await perform(parts.directory, by, (work) =>
      answerConflict(work, { conflict: row.id, decision, reason }),
    );
  } else {
    const resolution = decided(wordIn(form, 'decision', ['merge', 'separate', 'keep'] as const));
    const decision = { disagreement: row.id, resolution, reason, into: parseUserId(form.get('into') ?? '') };
    await perform(parts.directory, by, (work) =>
      decideDisagreement(work, {
        ...decision,
        placeOf: (spelling) => findPlace(parts.registry.user, spelling),
      }),
    );
  }
  return { kind: 'go', to: '/conflicts', notice: { tone: 'done', text: t.conflicts.done } };
}

/** POST /conflicts/:id/revoke */
export async function postRevocation({ parts, params, by, t }: Visit): Promise<ScreenAnswer> {
  const { row } = await requireDispute(parts.directory.database, params.id ?? '');
  await perform(parts.directory, by, (work) => revokeGrant(work, row.id));
  return { kind: 'go', to: '/conflicts', notice: { tone: 'done', text: t.conflicts.revoked } };
}

function decided<T>(decision: T | null): T {
  if (decision === null) throw new Refusal('body.invalid', { why: 'The form says no decision.' });
  return decision;
}

function DecidedRemark({ dispute, mayRevoke }: { readonly dispute: Dispute; readonly mayRevoke: boolean }) {
  const t = useTexts().conflicts;
  const { of, row } = dispute;
  const decision = decisionOf(dispute);
  const [at, by] = of === 'client' ? [row.decided_at, row.decided_by] : [row.resolved_at, row.resolved_by];
  return (
    <Remark tone="remark" title={decision === null ? '' : t.decidedAs[decision]}>
      {row.reason === null ? null : <p>{row.reason}</p>}
      <p class="quiet">
        {at === null ? null : <Moment at={at} />} {by === null ? null : t.by(by)}
      </p>
      {decision === 'granted' && mayRevoke ? (
        <Form action={`/conflicts/${row.id}/revoke`}>
          <Button tone="danger" size="small">
            {t.buttons.revoke}
          </Button>
        </Form>
      ) : null}
    </Remark>
  );
}

function Facts({ dispute }: { readonly dispute: Dispute }) {
  const t = useTexts().conflicts;
  const { of, row } = dispute;
  return (
    <Card title={t.facts}>
      <Details
        items={[
          { name: of === 'client' ? t.client : t.source, value: sayerOf(dispute) },
          ...(of === 'file' ? fileFacts(t, row) : [{ name: t.concerns, value: <Node row={row} /> }]),
          { name: t.times, value: row.times },
          { name: t.first, value: <ExactMoment at={of === 'client' ? row.opened_at : row.first_at} /> },
          { name: t.last, value: <ExactMoment at={row.last_at} /> },
        ]}
      />
    </Card>
  );
}

type ClientRow = Extract<Dispute, { of: 'client' }>['row'];
type FileRow = Extract<Dispute, { of: 'file' }>['row'];

function Node({ row: { kind, node_id: id, name } }: { readonly row: ClientRow }) {
  return <a href={`/${kind === 'userName.taken' ? 'users' : 'groups'}/${id}`}>{name}</a>;
}

function fileFacts(t: ReturnType<typeof useTexts>['conflicts'], row: FileRow): readonly Detail[] {
  const line = row.line === null ? '' : t.line(row.line);
  return [
    { name: t.file, value: `${row.file}${line}` },
    { name: t.concerns, value: <People row={row} /> },
    ...(row.kind === 'drift'
      ? [
          { name: t.stated, value: <code>{JSON.stringify(row.stated)}</code> },
          { name: t.current, value: <code>{JSON.stringify(row.current)}</code> },
        ]
      : []),
  ];
}

function People({ row: { users } }: { readonly row: FileRow }) {
  const t = useTexts().conflicts;
  if (users.length === 0) return <>{t.nobody}</>;
  return (
    <ul class="plain tight">
      {users.map(({ id, userName, stub }) => (
        <li key={id}>
          <a href={`/users/${id}`}>{userName ?? id}</a> {stub ? <span class="quiet">({t.stub})</span> : null}
        </li>
      ))}
    </ul>
  );
}
