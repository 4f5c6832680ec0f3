/** What can be asked of the index, in whichever thread it lives, and what it answers. */
import type { Position } from '../core/position.ts';
import type { Engine } from './engine.ts';
import { disposeStep, type Follower } from './follow/follower.ts';
import type { MembershipIndex } from './index/membership-index.ts';
import { hashText } from './index/set-hash.ts';

/** Which members of a group: all that are in it, or those that it lists itself. */
export type MemberList = 'effective' | 'direct';

/** A page of a member list. `after`: number of the last member before it, 0 for the first page. */
export interface PageAsk {
  readonly kind: 'page';
  readonly group: number;
  readonly list: MemberList;
  readonly after: number;
  readonly limit: number;
}

/** The hash of all that the member lists of a group show. */
export interface TagAsk {
  readonly kind: 'tag';
  readonly group: number;
}

export interface PageAnswer {
  readonly members: readonly { readonly n: number; readonly direct: boolean }[];
  readonly total: number;
  readonly tag: string;
}

/**
 * The index as its readers hold it. Each ask names the position that the answer must not be behind, which makes a
 * reader see its own writes; null means: not in time, or no index, so ask the database instead.
 */
export interface IndexReads {
  page(ask: Omit<PageAsk, 'kind'>, at: Position): Promise<PageAnswer | null>;
  tag(group: number, at: Position): Promise<string | null>;
}

/** How long a reader waits for the index to catch up before the database answers it. */
const PATIENCE_MS = 20;

/** Reads of an engine in the same thread. */
export function readsOf(engine: Engine): IndexReads {
  return readsBy(async (at) => ((await engine.reaches(at, PATIENCE_MS)) ? engine.index : null));
}

/** Reads of an index that nothing moves but what is asked of it. */
export function readsOfFollower(follower: Follower): IndexReads {
  return readsBy(async () => {
    disposeStep(await follower.step());
    return follower.index;
  });
}

function readsBy(indexAt: (at: Position) => Promise<MembershipIndex | null>): IndexReads {
  return {
    page: async ({ group, list, after, limit }, at) => {
      const index = await indexAt(at);
      if (index === null) return null;
      const isEffective = list === 'effective';
      const numbers = isEffective
        ? index.effectivePage(group, after, limit)
        : index.directPage(group, after, limit);
      return {
        members: numbers.map((n) => ({ n, direct: !isEffective || index.isDirect(group, n) })),
        total: isEffective ? index.effectiveCount(group) : index.directCount(group),
        tag: hashText(index.hash(group)),
      };
    },
    tag: async (group, at) => {
      const index = await indexAt(at);
      return index === null ? null : hashText(index.hash(group));
    },
  };
}
