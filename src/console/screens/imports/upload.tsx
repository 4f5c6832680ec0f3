/** Sending a file. */
import { listFeeds } from '../../../store/sources.ts';
import { takeUpload } from '../../../sources/feeds/import-file.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/details.tsx';
import { FileField, SelectField } from '../../components/field.tsx';
import { Form } from '../../components/form.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { useTexts } from '../../frame/here.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { type ExampleName, examples, parseExample } from './examples.ts';
import { HttpProblem } from '../../../http/problem.ts';

/** GET /imports/new */
export async function showUpload(visit: Visit): Promise<ScreenAnswer> {
  return uploadPage(visit, {});
}

interface UploadErrors {
  readonly file?: string;
  readonly source?: string;
}

async function uploadPage({ parts, query, form, t }: Visit, errors: UploadErrors): Promise<ScreenAnswer> {
  const feeds = await listFeeds(parts.directory.database);
  return {
    kind: 'page',
    title: t.imports.send.title,
    at: '/imports',
    crumbs: [{ text: t.imports.title, href: '/imports' }],
    status: Object.keys(errors).length === 0 ? 200 : 422,
    body: (
      <Upload
        feeds={feeds}
        source={form.get('source') ?? query.get('source') ?? 'csv'}
        how={form.get('how') ?? 'try'}
        errors={errors}
      />
    ),
  };
}

/** POST /imports: takes the file; it is safe when this answers, and read from then on. */
export async function postUpload(visit: Visit): Promise<ScreenAnswer> {
  const { parts, by, form, file, t } = visit;
  const source = form.get('source') ?? '';
  if (source === '') return uploadPage(visit, { source: t.imports.send.noFeed });
  if (file === null) return uploadPage(visit, { file: t.imports.send.noFile });
  const { run, ended } = await takeUpload(parts.imports, {
    source,
    dryRun: form.get('how') !== 'import',
    file: file.name,
    content: file.content,
    actor: by.actor,
    requestId: by.requestId,
  });
  ended.catch((error: unknown) => {
    parts.log.error({ err: error }, 'An upload failed; it is taken up again.');
  });
  return { kind: 'go', to: `/imports/${run.id}` };
}

/** GET /imports/examples/:name */
export async function getExample({ params }: Visit): Promise<ScreenAnswer> {
  const name = parseExample(params.name ?? '');
  if (name === null) throw new HttpProblem('path.not_found', 'There is no such example.');
  return { kind: 'file', name: `${name}.csv`, type: 'text/csv; charset=utf-8', body: examples[name] };
}

interface UploadProps {
  readonly feeds: readonly string[];
  readonly source: string;
  readonly how: string;
  readonly errors: UploadErrors;
}

function Upload({ feeds, source, how, errors }: UploadProps) {
  const t = useTexts().imports.send;
  return (
    <>
      <PageHeader title={t.title} lead={t.lead} />
      <div class="columns">
        <Card>
          <Form action="/imports" sends="file" class="stack">
            <SelectField
              name="source"
              label={t.feed}
              hint={t.feedHint}
              error={errors.source}
              value={source}
              options={feeds.map((feed) => ({ value: feed, text: feed }))}
            />
            <SelectField
              name="how"
              label={t.how}
              value={how}
              options={[
                { value: 'try', text: t.try },
                { value: 'import', text: t.import },
              ]}
            />
            <FileField
              name="file"
              label={t.file}
              hint={t.fileHint}
              error={errors.file}
              accept=".csv,.txt,.zip,text/csv"
            />
            <div class="actions">
              <Button>{t.button}</Button>
            </div>
          </Form>
        </Card>
        <Card title={t.examples}>
          <p class="quiet">{t.examplesLead}</p>
          <ul class="plain">
            {(Object.keys(examples) as ExampleName[]).map((name) => (
              <li key={name}>
                <a href={`/imports/examples/${name}.csv`} download>
                  {t.formats[name]}
                </a>{' '}
                <span class="quiet small">{name}.csv</span>
              </li>
            ))}
          </ul>
        </Card>
      </div>
    </>
  );
}
