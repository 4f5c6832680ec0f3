/** Cutting a set of members into requests that the target takes (O-04). */

export interface ChunkLimits {
  /** Most members in one request. */
  readonly count: number;
  /** Most bytes of the members in one request. */
  readonly bytes: number;
}

/** What an unknown target is taken to bear: AWS IAM Identity Center's cap, and a body every proxy lets through. */
export const FIRST_LIMITS: ChunkLimits = { count: 100, bytes: 64 * 1024 };

/**
 * Cuts items into chunks in their order, each within both limits; an item larger than `bytes` goes alone.
 * Every item is in exactly one chunk.
 */
export function cutIntoChunks<Item>(
  items: readonly Item[],
  limits: ChunkLimits,
  sizeOf: (item: Item) => number,
): Item[][] {
  const chunks: Item[][] = [];
  let chunk: Item[] = [];
  let bytes = 0;
  for (const item of items) {
    const size = sizeOf(item);
    if (chunk.length > 0 && (chunk.length >= Math.max(1, limits.count) || bytes + size > limits.bytes)) {
      chunks.push(chunk);
      chunk = [];
      bytes = 0;
    }
    chunk.push(item);
    bytes += size;
  }
  if (chunk.length > 0) chunks.push(chunk);
  return chunks;
}

/** The two halves of a chunk that was refused, the first never the smaller one. */
export function halve<Item>(chunk: readonly Item[]): readonly [Item[], Item[]] {
  const middle = Math.ceil(chunk.length / 2);
  return [chunk.slice(0, middle), chunk.slice(middle)];
}
