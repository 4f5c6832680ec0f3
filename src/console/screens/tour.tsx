/** The tour of the demo: where to look, and what of it is done. */
import { may } from '../../core/policies.ts';
import { readTour, type TourState } from '../../store/screens/tour.ts';
import { Badge } from '../components/badge.tsx';
import { LinkButton } from '../components/button.tsx';
import { Card } from '../components/details.tsx';
import { Empty } from '../components/empty.tsx';
import { PageHeader } from '../components/page-header.tsx';
import { Remark } from '../components/notice-box.tsx';
import { Live, Progress } from '../components/progress.tsx';
import { useTexts } from '../frame/here.ts';
import type { Screen, ScreenAnswer, Visit } from '../screen.ts';
import type { Texts } from '../texts/en.ts';

export const tourScreens: readonly Screen[] = [
  { method: 'GET', path: '/tour', who: (person) => may('see-settings', person), handle: showTour },
];

async function showTour({ parts, person, t }: Visit): Promise<ScreenAnswer> {
  const state = await readTour(parts.directory.database, person.n);
  return {
    kind: 'page',
    title: t.tour.title,
    body: (
      <>
        <PageHeader title={t.tour.title} lead={t.tour.lead} />
        {state.university === null ? <NoDemo /> : <Steps state={state} />}
      </>
    ),
  };
}

function NoDemo() {
  const t = useTexts().tour;
  return (
    <Empty title={t.none}>
      {t.noneNext} <code>{t.command}</code>
    </Empty>
  );
}

interface Step {
  readonly name: keyof Texts['tour']['steps'];
  readonly href: string;
  readonly state: 'done' | 'open';
}

function stepsOf(state: TourState): readonly Step[] {
  const step = (name: Step['name'], href: string, isDone: boolean): Step => ({
    name,
    href,
    state: isDone ? 'done' : 'open',
  });
  return [
    step('join', '/my-groups', state.has_joined),
    step('answer', state.asked === null ? '/requests' : `/groups/${state.asked}/requests`, state.is_answered),
    step('decide', state.plan === null ? '/plans' : `/plans/${state.plan}`, state.is_decided),
    step('add', state.staff === null ? '/groups' : `/groups/${state.staff}/members`, state.has_arrived),
    step('connect', '/clients', state.is_connected),
  ];
}

function Steps({ state }: { readonly state: TourState }) {
  const t = useTexts().tour;
  const steps = stepsOf(state);
  const done = steps.filter((step) => step.state === 'done').length;
  return (
    <Live id="tour" path="/tour" isLive={done < steps.length}>
      <div class="parts">
        {done === steps.length ? (
          <Remark tone="done">
            <p>{t.allDone}</p>
          </Remark>
        ) : null}
        <Progress label={t.progress} done={done} total={steps.length} />
        <ol class="steps cards">
          {steps.map((step, at) => (
            <li key={step.name}>
              <Card
                title={`${at + 1}. ${t.steps[step.name].title}`}
                actions={
                  <>
                    <Badge tone={step.state === 'done' ? 'good' : 'neutral'}>{t[step.state]}</Badge>
                    <LinkButton href={step.href} tone="plain" size="small" label={t.steps[step.name].title}>
                      {t.go}
                    </LinkButton>
                  </>
                }
              >
                <p>{t.steps[step.name].text}</p>
              </Card>
            </li>
          ))}
        </ol>
        <p class="quiet small">
          {t.removal} <code>{t.removeCommand}</code>
        </p>
      </div>
    </Live>
  );
}
