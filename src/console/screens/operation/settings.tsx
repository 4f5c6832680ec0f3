/** What the installation is set to, and what ails it. */
import { Badge, type BadgeTone } from '../../components/badge.tsx';
import { LinkButton } from '../../components/button.tsx';
import { Card } from '../../components/details.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Remark } from '../../components/notice-box.tsx';
import type { FindingShown } from '../../parts.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';

/** GET /settings */
export async function showInstallation({ parts, t }: Visit): Promise<ScreenAnswer> {
  return {
    kind: 'page',
    title: t.operation.settings,
    body: (
      <>
        <PageHeader title={t.operation.settings} lead={t.operation.settingsLead} />
        <Card>
          <DataTable
            caption={t.operation.settings}
            rows={parts.settings()}
            keyOf={({ name }) => name}
            columns={[
              { head: t.operation.setting, kind: 'name', cell: ({ name }) => <code>{name}</code> },
              {
                head: t.operation.value,
                kind: 'long',
                cell: ({ value }) => value ?? <span class="quiet">{t.operation.notSet}</span>,
              },
              { head: t.operation.origin, cell: ({ origin }) => origin },
            ]}
          />
        </Card>
      </>
    ),
  };
}

const tones = {
  good: 'good',
  notice: 'info',
  mended: 'warn',
  bad: 'bad',
} as const satisfies Record<FindingShown['state'], BadgeTone>;

/** GET /doctor */
export async function showDoctor({ parts, t }: Visit): Promise<ScreenAnswer> {
  const findings = await parts.examine();
  const isIll = findings.some(({ state }) => state === 'bad');
  return {
    kind: 'page',
    title: t.operation.doctor,
    body: (
      <>
        <PageHeader
          title={t.operation.doctor}
          lead={t.operation.doctorLead}
          actions={
            <LinkButton href="/doctor" tone="plain">
              {t.operation.again}
            </LinkButton>
          }
        />
        <Remark tone={isIll ? 'problem' : 'done'} title={isIll ? t.operation.ill : t.operation.healthy}>
          {null}
        </Remark>
        <Card>
          <DataTable
            caption={t.operation.doctor}
            rows={findings}
            keyOf={({ check, says }) => `${check} ${says}`}
            columns={[
              { head: t.operation.check, kind: 'name', cell: ({ check }) => check },
              {
                head: t.operation.state,
                cell: ({ state }) => <Badge tone={tones[state]}>{t.operation.states[state]}</Badge>,
              },
              { head: t.operation.says, kind: 'long', cell: ({ says }) => says },
              { head: t.operation.fix, kind: 'long', cell: ({ fix }) => fix ?? '' },
            ]}
          />
          <p class="quiet">
            {t.operation.verifyHint} <code>{t.operation.verifyCommand}</code>
          </p>
        </Card>
      </>
    ),
  };
}
