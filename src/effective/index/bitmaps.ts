/**
 * Sets of dense integers as roaring bitmaps. They live outside the garbage collector's sight, so whoever makes
 * one disposes of it.
 */
import { RoaringBitmap32 } from 'roaring-wasm';

export type Bitmap = RoaringBitmap32;

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
