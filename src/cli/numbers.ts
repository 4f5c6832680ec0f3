/** Numbers on the command line. */
import { InvalidArgumentError } from 'commander';

/** A whole number from 1 on. */
export function readCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('it is a whole number from 1 on.');
  return Number(text);
}

/** Seconds, as milliseconds. */
export function readSeconds(text: string): number {
  if (!/^\d{1,6}(\.\d+)?$/.test(text))
    throw new InvalidArgumentError('it is a number of seconds, such as 60.');
  return Number(text) * 1_000;
}
