import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SMTPServer } from 'smtp-server';
import { cancelRequest } from '../../src/directory/requests.ts';
import { changeUser } from '../../src/directory/users.ts';
import { type Mailer, startMailer } from '../../src/notices/mailer.ts';
import type { Work } from '../../src/directory/work.ts';
import { underGuards } from '../../src/plans/guarded.ts';
import { listInbox } from '../../src/store/inbox.ts';
import { draftOf } from '../plans/support.ts';
import { eventually } from '../support/eventually.ts';
import { type Cast, openCast } from './cast.ts';

interface Received {
  readonly to: string;
  readonly text: string;
}

describe('notices by mail', () => {
  let cast: Cast;
  let server: SMTPServer;
  let mailer: Mailer;
  const received: Received[] = [];
  /** What the server says to the next mails before it takes them. */
  const replies: number[] = [];

  beforeAll(async () => {
    cast = await openCast();
    cast.rules = { ...cast.rules, mail: 'on' };
    server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onData: (stream, session, done) => {
        const pieces: Buffer[] = [];
        stream.on('data', (piece: Buffer) => pieces.push(piece));
        stream.on('end', () => {
          const reply = replies.shift();
          if (reply !== undefined) {
            done(Object.assign(new Error('not now'), { responseCode: reply }));
            return;
          }
          const to = session.envelope.rcptTo.map(({ address }) => address).join();
          received.push({ to, text: Buffer.concat(pieces).toString() });
          done();
        });
      },
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.server.address() as AddressInfo;
    mailer = startMailer({
      database: cast.database,
      smtpUrl: `smtp://127.0.0.1:${port}`,
      from: 'muster@example.org',
      baseUrl: 'http://muster.example.org',
      holder: randomUUID(),
      onFault: (error) => {
        throw error;
      },
    });
  });
  afterAll(async () => {
    await mailer.stop();
    await new Promise<void>((resolve) => server.close(resolve));
    await cast.close();
  });

  const mailable = async (name: string) => {
    const user = await cast.asker(name);
    await cast.do((work) =>
      changeUser(work, {
        user: user.id,
        ifMatch: null,
        edit: (state) => ({ ...state, document: { emails: [{ value: `${name}@example.org` }] } }),
      }),
    );
    return user;
  };

  it('J-04, J-13: tells who decides of a request, and who made it how it ended', async () => {
    const [user, leader] = [await mailable('asker'), await mailable('leader')];
    const group = await cast.make('Räuber', {}, { leaders: [{ type: 'user', id: leader.id }] });
    const request = await cast.ask(user, group);
    mailer.wake();
    await eventually(() => expect(received).toHaveLength(1));
    expect(received[0]?.to).toBe('leader@example.org');
    expect(received[0]?.text).toMatch(/^Subject: =\?UTF-8/im);
    await cast.approve(leader, request);
    mailer.wake();
    await eventually(() => expect(received).toHaveLength(2));
    expect(received[1]?.to).toBe('asker@example.org');
    expect(received[1]?.text).toContain('approved');
  });

  it('does not let anybody fill a mailbox by asking and taking it back', async () => {
    const [user, leader] = [await mailable('again'), await mailable('again-leader')];
    const group = await cast.make('again', {}, { leaders: [{ type: 'user', id: leader.id }] });
    const items = async (): Promise<readonly { readonly mail: string }[]> =>
      cast.database.rows(
        {
          text: `select case when o.item_n is null then 'none' when o.sent_at is null then 'waits' else 'sent' end as mail
                 from inbox_item i left join mail_outbox o on o.item_n = i.n
                 where i.user_n = $1 and i.type = 'request.created' order by i.n`,
        },
        [leader.n],
      );
    const askAndTakeBack = async (): Promise<void> => {
      const request = (await cast.ask(user, group)).id;
      await cast.by(user, 'self-service', (work) => cancelRequest(work, { request, reason: null }));
    };
    const { id } = await cast.ask(user, group);
    mailer.wake();
    await eventually(async () => expect((await items()).at(-1)).toEqual({ mail: 'sent' }));
    await cast.by(user, 'self-service', (work) => cancelRequest(work, { request: id, reason: null }));
    await askAndTakeBack();
    await cast.ask(user, group);
    expect((await items()).map(({ mail }) => mail)).toEqual(['sent', 'none', 'none']);
    await cast.ask(
      user,
      await cast.make('again elsewhere', {}, { leaders: [{ type: 'user', id: leader.id }] }),
    );
    expect((await items()).at(-1)?.mail).not.toBe('none');
    mailer.wake();
    await eventually(async () => expect((await items()).at(-1)).toEqual({ mail: 'sent' }));
  });

  it('D-30: tells who may decide of a plan that waits, and nobody of one that was decided meanwhile', async () => {
    const [approver, bystander] = [await mailable('approver'), await mailable('bystander')];
    await cast.database.rows(
      { text: `insert into permission_grant (holder_n, permission) values ($1, 'plans.approve')` },
      [approver.n],
    );
    received.length = 0;
    const holdIn = async (work: Work, title: string) => {
      const draft = draftOf<null>({ title, subject: title, mode: 'hold' });
      return (await underGuards(work, draft, () => Promise.resolve(null))).plan;
    };
    // Decided in the same transaction, so that nobody looks for mails in between.
    await cast.by(bystander, 'console', async (work) => {
      const plan = await holdIn(work, 'decided.csv');
      const text = `update plan set state = 'rejected', decided_at = now() where n = $1`;
      await work.tx.rows({ text }, [plan?.n]);
    });
    const plan = await cast.by(bystander, 'console', (work) => holdIn(work, 'hr.csv'));
    mailer.wake();
    await eventually(() => expect(received).toHaveLength(1));
    expect(received[0]?.to).toBe('approver@example.org');
    expect(received[0]?.text).toContain('A guard held hr.csv');
    expect(received[0]?.text.replaceAll('=\r\n', '')).toContain(
      `http://muster.example.org/plans/${plan?.id ?? ''}`,
    );
    const page = { after: 0, limit: 9 };
    expect(await listInbox(cast.database, approver.n, { page, only: 'unread' })).toMatchObject([
      { type: 'plan.held', plan_title: 'hr.csv' },
    ]);
    expect(await listInbox(cast.database, approver.n, { page, only: 'all' })).toMatchObject([
      { plan_title: 'hr.csv', read_at: null },
      { plan_title: 'decided.csv', read_at: expect.any(Date) },
    ]);
    expect(await listInbox(cast.database, bystander.n, { page, only: 'all' })).toEqual([]);
  });

  it('tries again what the server does not take now, and gives up what it never takes', async () => {
    const [user, leader] = [await mailable('later'), await mailable('later-leader')];
    const leaders = [{ type: 'user', id: leader.id } as const];
    replies.push(451);
    await cast.ask(user, await cast.make('later', {}, { leaders }));
    mailer.wake();
    const waiting = async () => {
      const [row] = await cast.database.rows<{ attempts: number; last_error: string; given_up: boolean }>({
        text: `select attempts, last_error, given_up_at is not null as given_up from mail_outbox
               where sent_at is null order by item_n desc limit 1`,
      });
      return row;
    };
    await eventually(async () => expect(await waiting()).toMatchObject({ attempts: 1, given_up: false }));
    expect((await waiting())?.last_error).toMatch(/451/);
    await cast.database.rows({ text: 'update mail_outbox set due_at = now() where sent_at is null' });
    mailer.wake();
    await eventually(() => expect(received.at(-1)?.to).toBe('later-leader@example.org'));
    replies.push(550);
    await cast.ask(user, await cast.make('never', {}, { leaders }));
    mailer.wake();
    await eventually(async () => expect(await waiting()).toMatchObject({ attempts: 1, given_up: true }));
  });
});
