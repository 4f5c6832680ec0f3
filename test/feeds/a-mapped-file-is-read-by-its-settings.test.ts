import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { feedsOf } from '../../src/boot/feeds.ts';
import { loadSettings } from '../../src/config.ts';
import { openTestFeeds, type TestFeeds } from './feed-support.ts';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const hr = {
  mapping: {
    keys: { userName: 'Login', externalId: 'Pers-Nr', email: 'Mail' },
    attributes: { Vorname: 'name.givenName', Abt: 'department', Handy: 'phoneNumbers.mobile' },
    groupNames: ['dept.{Abt}', 'all'],
    groups: 'Teams',
    filter: { Status: ['aktiv', 'beurlaubt'], Typ: '!extern' },
  },
};

describe('format 3: any CSV file, by the mapping of its feed', () => {
  let test: TestFeeds;
  let folder: string;
  beforeAll(async () => {
    test = await openTestFeeds();
    folder = await mkdtemp(join(tmpdir(), 'muster-mapping-'));
    await writeFile(join(folder, 'muster.json'), JSON.stringify({ feeds: { csv: hr } }));
  });
  afterAll(async () => {
    await test.close();
    await rm(folder, { recursive: true });
  });

  function settings() {
    const { settings } = loadSettings({ environment: {}, folder, file: undefined, isTerminal: false });
    return feedsOf(settings).get('csv');
  }

  it('maps columns to keys, attributes and groups, and leaves out what the filter does', async () => {
    const { run, byLine } = await test.import(
      'Pers-Nr;Login;Mail;Vorname;Abt;Handy;Teams;Status;Typ;Gehalt\n' +
        '1;ada;ada@x.example;Ada;Maths;+49 1;Choir;aktiv;;1\n' +
        '2;ext;ext@x.example;Ext;IT;;;aktiv;Extern;2\n' +
        '3;left;left@x.example;Left;IT;;;weg;;3\n' +
        '4;bob;bob@x.example;Bob;;;;BEURLAUBT;intern;4\n' +
        ';;;;;;;aktiv;;5\n',
      { settings: settings() ?? {} },
    );
    expect({ error: run.error, format: run.format, byLine }).toEqual({
      error: null,
      format: 'mapped',
      byLine: { 2: 'applied', 3: 'unchanged', 4: 'unchanged', 5: 'applied', 6: 'person.invalid' },
    });
    expect(await test.members('dept.Maths')).toEqual(['user:ada']);
    expect(await test.members('all')).toEqual(['user:ada', 'user:bob']);
    expect(await test.members('Choir')).toEqual(['user:ada']);
    const [ada] = await test.database.rows({ text: `select document from users where user_name = 'ada'` });
    expect(ada).toEqual({
      document: {
        name: { givenName: 'Ada' },
        emails: [{ value: 'ada@x.example', primary: true }],
        phoneNumbers: [{ value: '+49 1', type: 'mobile' }],
        'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { department: 'Maths' },
      },
    });
  });

  it('refuses a file that lacks a column of the mapping', async () => {
    const { run } = await test.import('Login;Mail;Abt\nada;;\n', { settings: settings() ?? {} });
    expect(run.error).toEqual({
      code: 'header.missing',
      detail: 'The header lacks pers-nr, vorname, handy, status, typ, teams. Add what is missing.',
    });
  });

  it('finds its columns among very many', async () => {
    const others = (from: string): string =>
      Array.from({ length: 30_000 }, (_, at) => `${from}${at}`).join(';');
    const { run, byLine } = await test.import(
      `${others('a')};Pers-Nr;Login;Mail;Vorname;Abt;Handy;Teams;Status;Typ;${others('z')}\n` +
        `${others('1')};77;wide;;Wide;;;Choir;aktiv;;${others('2')}\n`,
      { settings: settings() ?? {} },
    );
    expect({ error: run.error, byLine }).toEqual({ error: null, byLine: { 2: 'applied' } });
    expect(await test.members('Choir')).toContain('user:wide');
  });

  it('says which attribute a mapping cannot write', async () => {
    await writeFile(
      join(folder, 'muster.json'),
      JSON.stringify({ feeds: { csv: { columns: { Pay: 'salary' } } } }),
    );
    expect(settings).toThrow('The feed csv cannot write the column pay to salary.');
  });
});
