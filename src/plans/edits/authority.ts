/**
 * In whose name an approved edit is carried out. An approval says that it is right to do what somebody asked for; it
 * lends nobody what they may not do (J-20). So whoever asked is asked about again, with what they may do by then.
 */
import type { Actor } from '../../core/actor.ts';
import type { Attribution } from '../../core/attribution.ts';
import { parseUserId } from '../../core/ids.ts';
import { Refusal } from '../../core/refusal.ts';
import { parseScope } from '../../core/scopes.ts';
import { findClient } from '../../store/clients.ts';
import type { Connection } from '../../store/database.ts';
import { findPerson } from '../../store/people.ts';
import type { PlanRow } from '../../store/plans/plans.ts';

/** Whoever made a plan, as they stand now. Refuses `user.inactive` and `client.not_found` for who is there no more. */
export async function authorOfPlan(connection: Connection, plan: PlanRow): Promise<Attribution> {
  return {
    actor: await actorOf(connection, plan),
    onBehalfOf: null,
    source: plan.source,
    origin: { kind: 'command', command: `plan ${plan.id}` },
    requestId: null,
  };
}

async function actorOf(connection: Connection, { actor_kind: kind, actor_id: id }: PlanRow): Promise<Actor> {
  switch (kind) {
    case 'user': {
      const user = parseUserId(id);
      const person = user === null ? null : await findPerson(connection, user);
      if (person === null) throw new Refusal('user.inactive', { user: id });
      return person;
    }
    case 'client': {
      const client = await findClient(connection, id);
      if (client === null) throw new Refusal('client.not_found', { client: id });
      return { kind, id, scopes: new Set(client.scopes.map(parseScope).filter((scope) => scope !== null)) };
    }
    case 'operator':
    case 'feed':
    case 'idp':
    case 'system':
      return { kind, id };
    default:
      throw new Error(`A plan was made by a ${kind}.`);
  }
}
