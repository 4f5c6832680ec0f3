/** What a door tells of one of its requests: the reference is made of this, and held against real answers. */
import type { z } from 'zod';
import type { Scope } from '../core/scopes.ts';

/** Shapes by media type. */
export type Content = Readonly<Record<string, z.ZodType>>;

export const answerHeaders = {
  ETag: 'Version of what is answered; send it back as If-None-Match or If-Match.',
  Location: 'Address of what was made.',
  'Muster-Cursor': 'Place in the change log of this write, or of what is answered.',
} as const;

export type AnswerHeader = keyof typeof answerHeaders;

export interface AnswerShape {
  /** Null for an answer without a body. */
  readonly content: Content | null;
  readonly headers: readonly AnswerHeader[];
}

export type AnswerShapes = Readonly<Record<number, AnswerShape>>;

export interface BodyShape {
  readonly content: Content;
  readonly isRequired: boolean;
}

export interface Operation {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** From the root, with `{name}` for what varies. */
  readonly path: string;
  /** Chapter of the reference. */
  readonly tag: string;
  readonly summary: string;
  /** Scope that a token needs; null where none is asked for. */
  readonly scope: Scope | null;
  readonly query: Readonly<Record<string, z.ZodType>>;
  readonly body: BodyShape | null;
  readonly answers: AnswerShapes;
  /** How this door says no. */
  readonly problem: Content;
}

/** An answer in JSON. */
export function answers(shape: z.ZodType, ...headers: AnswerHeader[]): AnswerShape {
  return { content: { 'application/json': shape }, headers };
}

/** An answer without a body. */
export function answersNothing(...headers: AnswerHeader[]): AnswerShape {
  return { content: null, headers };
}

/** A body in JSON that must be there. */
export function takes(shape: z.ZodType, types: readonly string[] = ['application/json']): BodyShape {
  return { content: Object.fromEntries(types.map((type) => [type, shape])), isRequired: true };
}
