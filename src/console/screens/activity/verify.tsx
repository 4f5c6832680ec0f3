/** Checking the audit against its seals (D-40). */
import { auditFaultSentence } from '../../../core/audit-seal.ts';
import { Card, Details } from '../../components/details.tsx';
import { LinkButton } from '../../components/button.tsx';
import { ExactMoment } from '../../components/moment.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Remark } from '../../components/notice-box.tsx';
import type { ScreenAnswer, Visit } from '../../screen.ts';

/** POST /activity/verify: names the first batch and row that was touched. */
export async function postVerify({ parts, t }: Visit): Promise<ScreenAnswer> {
  const { fault, seals, rows, pastKeeping, head } = await parts.verifyAudit();
  return {
    kind: 'page',
    title: t.activity.verified,
    at: '/activity',
    crumbs: [{ text: t.activity.title, href: '/activity' }],
    body: (
      <>
        <PageHeader title={t.activity.verified} />
        <Remark
          tone={fault === null ? 'done' : 'problem'}
          title={fault === null ? t.activity.intact(rows, seals) : t.activity.touched}
        >
          {fault === null ? null : <p>{auditFaultSentence(fault)}</p>}
          {pastKeeping === 0 ? null : <p>{t.activity.pastKeeping(pastKeeping)}</p>}
        </Remark>
        {head === null ? null : (
          <Card title={t.activity.head}>
            <p class="quiet">{t.activity.headHint}</p>
            <Details
              items={[
                { name: t.activity.seal, value: <code>{`${head.n}:${head.hash}`}</code> },
                { name: t.activity.sealedAt, value: <ExactMoment at={head.sealedAt} /> },
              ]}
            />
          </Card>
        )}
        <p class="actions">
          <LinkButton href="/activity" tone="plain">
            {t.activity.title}
          </LinkButton>
        </p>
      </>
    ),
  };
}
