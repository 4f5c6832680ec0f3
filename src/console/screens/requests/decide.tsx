/** Answering a request. */
import { isUuid } from '../../../core/ids.ts';
import { Refusal } from '../../../core/refusal.ts';
import { mayInGroup } from '../../../core/policies.ts';
import { approveRequest, denyRequest } from '../../../directory/requests.ts';
import { perform } from '../../../directory/work.ts';
import { findGroup } from '../../../store/groups.ts';
import { findRequest, type RequestRow } from '../../../store/requests.ts';
import { findSource } from '../../../store/sources.ts';
import { wordIn } from '../../address.ts';
import { Button, LinkButton } from '../../components/button.tsx';
import { Card } from '../../components/details.tsx';
import { TextField } from '../../components/field.tsx';
import { Form } from '../../components/form.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { ownWish, reasonIn } from '../own/wishes.ts';

/** POST /requests/:id/approve */
export async function approve(visit: Visit): Promise<ScreenAnswer> {
  return decide(visit, approveRequest, (who) => visit.t.requests.approved(who));
}

/** POST /requests/:id/deny */
export async function deny(visit: Visit): Promise<ScreenAnswer> {
  return decide(visit, denyRequest, (who) => visit.t.requests.denied(who));
}

/** GET /requests/:id/approve: asks for the reason. */
export async function offerApproval(visit: Visit): Promise<ScreenAnswer> {
  return offer(visit, 'approve');
}

/** GET /requests/:id/deny: asks for the reason. */
export async function offerDenial(visit: Visit): Promise<ScreenAnswer> {
  return offer(visit, 'deny');
}

async function offer(visit: Visit, answer: 'approve' | 'deny'): Promise<ScreenAnswer> {
  const { t, query } = visit;
  const request = await openRequest(visit);
  const title = t.requests.titles[answer](request.user_name ?? request.user_id, request.group_name);
  const at = wordIn(query, 'at', ['group'] as const);
  return {
    kind: 'page',
    title,
    crumb: t.requests[answer],
    at: '/requests',
    crumbs: [{ text: t.requests.title, href: '/requests' }],
    body: (
      <>
        <PageHeader title={title} />
        <Card>
          <Form action={`/requests/${request.id}/${answer}`} class="stack">
            <input type="hidden" name="kind" value={request.kind} />
            {at === null ? null : <input type="hidden" name="at" value={at} />}
            {request.reason === null ? null : (
              <div>
                <p class="quiet">{t.requests.theirReason(request.user_name ?? request.user_id)}</p>
                <blockquote>{request.reason}</blockquote>
              </div>
            )}
            <TextField
              name="reason"
              label={t.requests.yourReason}
              hint={t.requests.yourReasonHint}
              rows={3}
            />
            <div class="actions">
              {answer === 'deny' ? (
                <Button tone="danger">{t.requests.deny}</Button>
              ) : (
                <Button>{t.requests.approve}</Button>
              )}
              <LinkButton href={listOf(at, request)} tone="plain">
                {t.shell.cancel}
              </LinkButton>
            </div>
          </Form>
        </Card>
      </>
    ),
  };
}

async function decide(
  visit: Visit,
  verb: typeof approveRequest,
  said: (who: string) => string,
): Promise<ScreenAnswer> {
  const { parts, form, params } = visit;
  const kind = wordIn(form, 'kind', ['join', 'leave'] as const);
  const deciding = { request: idIn(params), reason: reasonIn(form), ...(kind === null ? {} : { kind }) };
  const { result } = await perform(parts.directory, ownWish(visit), (work) => verb(work, deciding));
  const text = said(result.user_name ?? result.user_id);
  const to = listOf(wordIn(form, 'at', ['group'] as const), result);
  return { kind: 'go', to, notice: { tone: 'done', text } };
}

/** The list that the answer was given from: all requests, or those of the group. */
function listOf(at: 'group' | null, { group_id: group }: RequestRow): string {
  return at === 'group' ? `/groups/${group}/requests` : '/requests';
}

async function openRequest({ parts, params, person }: Visit): Promise<RequestRow> {
  const { database } = parts.directory;
  const id = idIn(params);
  const request = await findRequest(database, id);
  const source = await findSource(database, 'self-service');
  const group =
    request === null || source === null ? null : await findGroup(database, request.group_id, source.n);
  if (request === null || group === null || !mayInGroup('see-requests', person, group)) {
    throw new Refusal('request.not_found', { request: id });
  }
  if (request.state !== 'pending')
    throw new Refusal('request.decided', { request: id, state: request.state });
  return request;
}

function idIn({ id = '' }: Readonly<Record<string, string>>): string {
  if (!isUuid(id)) throw new Refusal('request.not_found', { request: id });
  return id;
}
