/**
 * Sets of dense integers as roaring bitmaps. They live outside the garbage collector's sight, so whoever makes
 * one disposes of it.
 */
import { RoaringBitmap32 } from 'roaring-wasm';

export type Bitmap = RoaringBitmap32;

/** The empty set, which nobody may add to. */
export const NOBODY: Bitmap = new RoaringBitmap32().freeze();

/** A set's change: disjoint, `plus` not in it before, `minus` in it before. */
export interface Delta {
  readonly plus: Bitmap;
  readonly minus: Bitmap;
}

export function emptyDelta(): Delta {
  return { plus: new RoaringBitmap32(), minus: new RoaringBitmap32() };
}

export function disposeDelta({ plus, minus }: Delta): void {
  plus.dispose();
  minus.dispose();
}

export function isEmptyDelta({ plus, minus }: Delta): boolean {
  return plus.isEmpty && minus.isEmpty;
}

/** What leads from one set to another. */
export function deltaBetween(before: Bitmap, after: Bitmap): Delta {
  return { plus: RoaringBitmap32.andNot(after, before), minus: RoaringBitmap32.andNot(before, after) };
}

/**
 * All of them together, in a new bitmap. The largest is copied and the others are put into it one by one:
 * `orMany` makes every part of 65,536 numbers a bit set of 8 KB first, which for the many small sets of a directory
 * took twenty times as long.
 */
export function unionOf(sets: readonly Bitmap[]): Bitmap {
  const sizes = sets.map(({ size }) => size);
  const largest = sizes.indexOf(Math.max(...sizes));
  const union = sets[largest]?.clone() ?? new RoaringBitmap32();
  sets.forEach((set, place) => {
    if (place !== largest) union.orInPlace(set);
  });
  return union;
}
