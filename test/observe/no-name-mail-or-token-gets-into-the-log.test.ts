import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createLog } from '../../src/observe/log.ts';

const planted = /plantedname|planted@|plantedsecret/i;

function logged(format: 'json' | 'pretty', work: (log: ReturnType<typeof createLog>) => void): string {
  const lines: string[] = [];
  work(
    createLog({ level: 'trace', format, destination: { write: (line: string) => void lines.push(line) } }),
  );
  return lines.join('');
}

describe.each(['json', 'pretty'] as const)('the %s log', (format) => {
  it('shows ids, parts and request ids', () => {
    const text = logged(format, (log) =>
      log.child({ part: 'scim' }).info({ requestId: 'r-1', user: 'u-1' }, 'Wrote.'),
    );
    for (const shown of ['scim', 'r-1', 'u-1', 'Wrote.']) expect(text).toContain(shown);
  });

  it('masks what a SCIM document says of a person, at any depth', () => {
    const text = logged(format, (log) =>
      log.warn(
        {
          request: {
            headers: { Authorization: 'Bearer plantedsecret' },
            body: {
              userName: 'plantedname',
              emails: [{ value: 'planted@x.org' }],
              Operations: [{ value: { displayName: 'PlantedName' } }],
            },
          },
        },
        'Refused the request of planted@example.org with mst_plantedsecret_x_y.',
      ),
    );
    expect(text).not.toMatch(planted);
    expect(text).toContain('Refused the request of');
  });

  it('keeps code, constraint and call sites of a database error, and none of its values', () => {
    const error = Object.assign(new Error('invalid input syntax for type uuid: "plantedname"'), {
      code: '22P02',
      constraint: 'users_user_name_unique',
      detail: 'Key (user_name_key)=(plantedname) already exists.',
      where: 'unnamed portal parameter $1 = plantedname',
      cause: new Error('connect to postgres://u:plantedsecret@db/x failed for planted@x.org'),
    });
    const text = logged(format, (log) => log.error({ err: error }, 'A request failed.'));
    expect(text).not.toMatch(planted);
    for (const shown of ['22P02', 'users_user_name_unique', 'invalid input syntax', 'at '])
      expect(text).toContain(shown);
  });

  it('masks bindings of a child logger too', () => {
    const text = logged(format, (log) =>
      log.child({ token: 'plantedsecret', mail: 'planted@x.org' }).info('Bound.'),
    );
    expect(text).not.toMatch(planted);
  });

  it('lets no planted value through wherever the key that names it stands', () => {
    const sensitive = fc.constantFrom(
      'userName',
      'user_name',
      'Authorization',
      'displayName',
      'emails',
      'access-token',
      'password',
    );
    const tree = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        fc.integer(),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(fc.string(), tie('tree'), { maxKeys: 3 }),
      ),
    })).tree;
    fc.assert(
      fc.property(
        sensitive,
        tree,
        fc.array(fc.constantFrom('a', 'list', 'b'), { maxLength: 12 }),
        (key, beside, way) => {
          const inner: unknown = { [key]: 'plantedname', beside };
          const fields = way.reduce<unknown>(
            (value, step) => (step === 'list' ? [value] : { [step]: value }),
            inner,
          );
          expect(logged(format, (log) => log.info({ fields }))).not.toMatch(planted);
        },
      ),
    );
  });
});
