/** What a ledger knows of objects: what is there, in which state, and how the last attempt went. */
import type { ListedAttempt } from '../../../store/targets/listing.ts';
import type { ObjectView } from '../../../targets/admin/ledger.ts';
import { addressOf } from '../../address.ts';
import { DataTable, type Paging } from '../../components/data-table.tsx';
import { Moment } from '../../components/moment.tsx';
import { Name } from '../../components/name.tsx';
import { useHere, useTexts } from '../../frame/here.ts';
import { ExchangeView } from './exchange.tsx';
import { inWords } from './failure-words.ts';
import { isOpen, StateBadges } from './object-state.tsx';

export interface ObjectsTableProps {
  /** Address of the target. */
  readonly path: string;
  readonly items: readonly ObjectView[];
  readonly paging?: Paging;
}

/** A row for each object. */
export function ObjectsTable({ path, items, paging }: ObjectsTableProps) {
  const t = useTexts().targets;
  return (
    <DataTable
      caption={t.tabs.ledger}
      rows={items}
      keyOf={(object) => `${object.type} ${object.id ?? ''} ${object.name ?? ''}`}
      {...(paging === undefined ? {} : { paging })}
      columns={[
        { head: t.object, kind: 'name', cell: (object) => <ObjectName object={object} /> },
        { head: t.kind, cell: ({ type }) => t.kinds[type] },
        { head: t.there, cell: (object) => <There object={object} path={path} /> },
        { head: t.state, cell: (object) => <State object={object} /> },
        { head: t.last, cell: (object) => <Attempts object={object} /> },
      ]}
    />
  );
}

function ObjectName({ object: { id, name, type } }: { readonly object: ObjectView }) {
  const text = <Name of={name ?? id ?? ''} />;
  return id === null ? text : <a href={`/${type}s/${id}`}>{text}</a>;
}

interface ThereProps {
  readonly object: ObjectView;
  readonly path: string;
}

function There({ object: { id, name, held, remoteId, owned, members }, path }: ThereProps) {
  const t = useTexts().targets;
  return (
    <>
      {held === null ? t.words.none : t.words[held]}
      {owned === null ? '' : `, ${t.owned[owned]}`}
      {remoteId === null ? null : (
        <span class="under">
          <code>{remoteId}</code>
        </span>
      )}
      {members === null ? null : (
        <p class="small">
          {t.members}: {t.membersLine(members)}{' '}
          {members.blocked === 0 ? null : (
            <a
              href={addressOf(`${path}/refused`, { group: id })}
              aria-label={t.refused.whomLabel(name ?? '')}
            >
              {t.refused.whom}
            </a>
          )}
        </p>
      )}
    </>
  );
}

function State({ object }: { readonly object: ObjectView }) {
  const { t, now } = useHere();
  const { failures, failed: times, retried } = t.targets;
  const { state, members, why, dueAt, failures: failed } = object;
  const reason = why ?? members?.why ?? null;
  return (
    <>
      <StateBadges object={object} />
      {reason === null ? null : <p class="small">{inWords(failures, reason)}</p>}
      {isOpen(state) && failed > 0 ? (
        <p class="small">
          {times(failed)}{' '}
          {dueAt !== null && new Date(dueAt) > now ? (
            <>
              {retried} <Moment at={new Date(dueAt)} />.
            </>
          ) : null}
        </p>
      ) : null}
    </>
  );
}

function Attempts({ object: { lastAttempt, members } }: { readonly object: ObjectView }) {
  const attempts = [lastAttempt, members?.lastAttempt ?? null].filter((attempt) => attempt !== null);
  return (
    <>
      {attempts.map((attempt) => (
        <Attempt key={attempt.operation} attempt={attempt} />
      ))}
    </>
  );
}

/** What was tried last, what came of it, and what was said. */
export function Attempt({ attempt }: { readonly attempt: ListedAttempt }) {
  const { failures, operations, outcomes } = useTexts().targets;
  const { operation, at, outcome, why, exchange } = attempt;
  return (
    <div class="small">
      {operations[operation] ?? operation}: {outcome === null ? '…' : (outcomes[outcome] ?? outcome)},{' '}
      <Moment at={new Date(at)} />
      {why === null ? null : <p>{inWords(failures, why)}</p>}
      <ExchangeView exchange={exchange} />
    </div>
  );
}
