import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readMasterKey } from '../../src/boot/master-key.ts';
import type { UserId, UserN } from '../../src/core/ids.ts';
import { deriveKey } from '../../src/core/seal.ts';
import { verifyAudit } from '../../src/directory/audit/verification.ts';
import { createUser } from '../../src/directory/users.ts';
import { openEpoch } from '../../src/store/installation.ts';
import { openTestFeeds, type TestFeeds } from '../feeds/feed-support.ts';
import { type CommandLine, openCommandLine } from '../support/command-line.ts';
import { sealLog } from '../support/sealed-log.ts';

/** Tables with words in them of which none is about a person: what they hold was said of something else. */
const NOT_OF_PERSONS = [
  ...[
    'epoch',
    'installation',
    'source',
    'client',
    'client_token',
    'groups',
    'group_external_id',
    'role',
    'origin',
  ],
  ...[
    'lease',
    'plan',
    'import_run',
    'feed_sequence',
    'target',
    'alert',
    'permission_grant',
    'reserved_name',
    'idp',
  ],
  ...['saml_request', 'saml_consumed', 'saml_key', 'rule_past', 'change', 'namespace_grant'],
];

/** Tables in which the test plants words about the person. */
const PLANTED = [
  ...['users', 'identity_key', 'retired_key', 'change_personal', 'user_statement', 'affiliation_fact'],
  ...[
    'affiliation_past',
    'idp_account',
    'session',
    'join_request',
    'mail_outbox',
    'inbox_item',
    'conflict',
    'disagreement',
  ],
  ...[
    'import_row',
    'request_trace',
    'plan_operation',
    'plan_made',
    'target_object',
    'target_attempt',
    'target_drift',
  ],
  ...['target_push'],
];

const WORD = 'zqx';

describe('muster privacy', () => {
  let test: TestFeeds;
  let cli: CommandLine;
  let key: Buffer;
  let person: { n: UserN; id: UserId };
  beforeAll(async () => {
    test = await openTestFeeds();
    cli = await openCommandLine(test.url);
    // The commands make the master key in their folder.
    expect(await cli.run('audit', 'verify')).toMatchObject({ code: 0 });
    const place = { given: null, dataDir: `${cli.folder}/data`, random: randomBytes };
    key = deriveKey(readMasterKey(place), 'audit-seal');
    person = await plant(test);
    await sealLog(test.database, key);
  });
  afterAll(async () => {
    await cli.close();
    await test.close();
  });

  it('knows of every table that holds words, whether they may be about a person', async () => {
    const rows = await test.database.rows<{ name: string }>({
      text: `select distinct regexp_replace(table_name, '^change_([0-9_]{7}|default)$', 'change') as name
             from information_schema.columns
             where table_schema = current_schema() and table_name !~ '^knex_' and ${WORDY} order by 1`,
    });
    const tables = rows.map(({ name }) => name);
    expect([...NOT_OF_PERSONS, ...PLANTED].filter((name) => !tables.includes(name))).toEqual([]);
    expect(tables.filter((name) => ![...NOT_OF_PERSONS, ...PLANTED].includes(name))).toEqual([]);
  });

  it('exports all of it as one document', async () => {
    const { code, out } = await cli.run('privacy', 'export', 'zqx-name');
    expect(code).toBe(0);
    const record = JSON.parse(out) as Record<string, unknown[]>;
    const silent = Object.entries(record).filter(
      ([, part]) => !JSON.stringify(part).toLowerCase().includes(WORD),
    );
    // What has no words of the person in it, only groups and times.
    expect(silent.map(([name]) => name).sort()).toEqual(
      [
        'activeSpans',
        'delegations',
        'effectiveGroups',
        'leads',
        'memberships',
        'pastMemberships',
        'permissions',
      ].sort(),
    );
    expect(record.memberships).toMatchObject([{ group: { name: 'Choir' } }]);
    expect(record.effectiveGroups).toMatchObject([{ name: 'Choir' }, { name: 'School' }]);
  });

  it('erases nobody unasked', async () => {
    const { code, err } = await cli.run('privacy', 'erase', 'zqx-name');
    expect(code).toBe(2);
    expect(err).toContain('--yes');
    expect((await cli.run('privacy', 'erase', 'nobody-at-all', '--yes')).code).toBe(2);
    expect(await placesOf(test, WORD)).toEqual(
      expect.arrayContaining(PLANTED.filter((name) => name !== 'inbox_item')),
    );
  });

  it('takes every word from everything that is kept; others, ids and seals stay', async () => {
    const before = await verifyAudit(test.database, key);
    expect(before).toMatchObject({ fault: null });
    const { code, out, err } = await cli.run('privacy', 'erase', 'ZQX-name', '--yes');
    expect({ code, out }).toEqual({ code: 0, out: `${person.id} is erased.\n` });
    expect(err).not.toContain('still stands');
    expect(err).toContain('Accounts at wiki go with the next deliveries');
    // What names the account at a target is needed until it is gone from there.
    expect(await placesOf(test, WORD)).toEqual(['target_object']);
    await test.database.rows({
      text: `update target_object set held = null, wanted = false, state = 'gone'`,
    });
    expect(await cli.run('privacy', 'erase', person.id, '--yes')).toMatchObject({ code: 0 });
    expect(await placesOf(test, WORD)).toEqual([]);

    expect(await verifyAudit(test.database, key)).toMatchObject({ fault: null, rows: before.rows });
    expect(await test.members('Choir')).toEqual(['user:adam']);
    const entries = await cli.run('audit', 'search', '--group', 'Choir', '--json');
    expect(entries.out).toContain(person.id);
    const [erased, ...more] = await test.database.rows<{ actor_kind: string; user_n: number }>({
      text: `select actor_kind, user_n from change where type = 'user.erased'`,
    });
    expect(erased).toEqual({ actor_kind: 'operator', user_n: person.n });
    expect(more).toEqual([]);
    const kept = await test.database.rows({ text: `select 1 from import_row where original like '%adam%'` });
    expect(kept).not.toEqual([]);
    const explained = await cli.run('explain', 'adam', 'Choir', '--json');
    expect(explained.code).toBe(0);
  });

  it('revives nobody: a later user of the name is another one (D-06)', async () => {
    const again = await test.do((work) =>
      createUser(work, { userName: 'zqx-name', active: true, externalId: null, document: {} }),
    );
    expect(again.id).not.toBe(person.id);
    const { out } = await cli.run('privacy', 'export', person.id);
    expect(out.toLowerCase()).not.toContain(WORD);
    expect(JSON.parse(out)).toMatchObject({ user: { id: person.id, userName: null, attributes: {} } });
  });

  it('says where others wrote the name down', async () => {
    await test.group('Fans of zqx-name');
    const { out } = await cli.run('privacy', 'erase', 'zqx-name', '--yes', '--json');
    expect(JSON.parse(out)).toMatchObject({
      isFirst: true,
      remains: expect.arrayContaining([{ table: 'groups', column: 'name', rows: 1 }]) as unknown,
    });
  });
});

const WORDY = `(data_type in ('text', 'jsonb', 'json', 'character varying') or udt_name in ('_text', '_varchar'))`;

/** Tables in which a text, a list of texts or JSON holds the word. */
async function placesOf({ database }: TestFeeds, word: string): Promise<string[]> {
  const columns = await database.rows<{ table_name: string; column_name: string }>({
    text: `select table_name, column_name from information_schema.columns
           where table_schema = current_schema() and table_name <> 'change' and ${WORDY}`,
  });
  const found = new Set<string>();
  for (const { table_name: table, column_name: column } of columns) {
    const rows = await database.rows(
      { text: `select 1 from "${table}" where "${column}"::text ilike $1 limit 1` },
      [`%${word}%`],
    );
    if (rows.length > 0) found.add(table);
  }
  return [...found].sort();
}

/** A person of whom every table says something, and adam, whose name holds nothing of it. */
async function plant(test: TestFeeds): Promise<{ n: UserN; id: UserId }> {
  const { database } = test;
  await openEpoch(database, 'http://localhost:8080');
  const columns =
    'userName,email,givenName,familyName,displayName,externalId,title,department,targetedId,eppn';
  const row =
    'zqx-name,zqx@mail.example,Zqx-given,Zqx-family,"Zqx, display",zqx-ext,Zqx-title,Zqx-dep,zqx-target,zqx-eppn@x.example';
  await test.import(`${columns}\n${row}\nadam,adam@mail.example,Adam,,,,,,,\n`, {
    settings: { loginKeys: 'bind' },
  });
  await test.import(`${columns}\n${row.replace('Zqx-title', 'Zqx-other')}\n`);
  await test.import(`userName,email\nadam,zqx@mail.example\n`);
  await test.import('group,member,type\nChoir,zqx-name,\nChoir,adam,\nSchool,Choir,group\n');
  const [person] = await database.rows<{ n: UserN; id: UserId }>({
    text: `select n, id from users where user_name = 'zqx-name'`,
  });
  if (person === undefined) throw new Error('the person was not imported');
  const run = (text: string, ...values: unknown[]) => database.rows({ text }, [person.n, ...values]);
  await run(
    `insert into retired_key (kind, issuer, value_key, user_n) values ('email', '', 'zqx-old@mail.example', $1)`,
  );
  await run(
    `insert into affiliation_fact (user_n, source_n, key, value, scope) values ($1, 1, 'staff@zqx.example', 'Staff', 'zqx.example')`,
  );
  await run(
    `insert into affiliation_past (user_n, source_n, authority, key, value, scope, since, until)
     values ($1, 1, '', 'student@zqx', 'student', 'zqx', now(), now())`,
  );
  const [idp] = await database.rows<{ n: number }>({
    text: `insert into idp (source_n, name, entity_id, metadata_from, metadata, settings)
           values (1, 'school', 'https://idp.example', 'file', '{}', '{}') returning n`,
  });
  await run(
    `insert into idp_account (idp_n, user_n, profile) values ($2, $1, '{"displayName": "Zqx Login"}')`,
    idp?.n,
  );
  await run(
    `insert into session (hash, user_n, how, source_n, name_id, name_id_as, expires_at)
     values ('\\x01', $1, 'saml', 1, 'zqx-name-id', '{"nameQualifier": "zqx"}', now() + interval '1 hour')`,
  );
  const group = `(select n from groups where name = 'Choir')`;
  await run(
    `insert into join_request (kind, group_n, user_n, state, reason, expires_at, decided_at, decision_reason)
     values ('leave', ${group}, $1, 'denied', 'I, Zqx, am ill', now(), now(), 'Zqx should stay')`,
  );
  await run(
    `with item as (insert into inbox_item (user_n, type) values ($1, 'request.denied') returning n)
     insert into mail_outbox (item_n, last_error) select n, '550 no mailbox zqx@mail.example' from item`,
  );
  await run(
    `insert into conflict (kind, source_n, node_n, name) values ('userName.taken', 1, $1, 'zqx-name')`,
  );
  await run(
    `insert into request_trace (source_n, at, request_id, method, path, status, milliseconds, trace)
     select 1, now(), 'r', 'PATCH', '/scim/v2/Users/' || id, 200, 1, '{"received": {"body": {"nickName": "Zqx nick"}}}'
     from users where n = $1`,
  );
  const [plan] = await database.rows<{ n: number }>({
    text: `insert into plan (kind, state, subject, title, source_n, request, counts, hash, actor_kind, actor_id)
           values ('import', 'held', 'feed', 'A file', 1, '{}', '{}', 'h', 'feed', 'csv') returning n`,
  });
  await run(
    `insert into plan_operation (plan_n, at, type, user_n, before, after)
     values ($2, 1, 'user.updated', $1, '{"userName": "zqx-name"}', '{"title": "Zqx-more"}'),
            ($2, 2, 'user.created', 999999, null, '{"userName": "zqx-name", "title": "zqx"}')`,
    plan?.n,
  );
  await run(
    `insert into plan_made (plan_n, n, kind, name) select $2, 999999, 'u', user_name from users where n = $1`,
    plan?.n,
  );
  const [target] = await database.rows<{ n: number }>({
    text: `insert into target (name, name_key, type, settings, credentials, guards, epoch_id)
           select 'wiki', 'wiki', 'scim', '{}', '', '{}', id from epoch returning n`,
  });
  await run(
    `insert into target_object (target_n, kind, n, state, wanted, held, owned, remote_id, why)
     values ($2, 'u', $1, 'settled', true, 'a', 'c', 'uid=zqx,ou=people', 'zqx was refused')`,
    target?.n,
  );
  await run(
    `insert into target_attempt (target_n, kind, object_n, operation, lease_token, why, settled, exchange)
     values ($2, 'u', $1, 'update', 1, 'zqx', true, '{"body": "Zqx-title"}')`,
    target?.n,
  );
  await run(
    `insert into target_drift (target_n, kind, object_kind, object_n, detail, mended)
     values ($2, 'attributes', 'u', $1, array['displayName zqx'], false)`,
    target?.n,
  );
  await run(
    `insert into target_push (target_n, user_n, full_sweep, dry_run, state, steps, asked_by)
     values ($2, $1, false, false, 'done', '[{"what": "zqx"}]', 'user')`,
    target?.n,
  );
  return person;
}
