import { describe, expect, it } from '@jest/globals';
import { outputOf } from '../../src/cli/terminal.ts';

function screen(isTTY: boolean): {
  readonly shown: string[];
  readonly stream: Parameters<typeof outputOf>[0];
} {
  const shown: string[] = [];
  const write = (text: unknown): boolean => shown.push(String(text)) > 0;
  return {
    shown,
    stream: Object.assign(Object.create(process.stdout) as typeof process.stdout, { isTTY, write }),
  };
}

// A file's cell, a group's name and what a server answers all come to the same two streams.
const hostile = 'a\u001b[2Jb\u009b31mc\u0007d\re\u202ef\tg\n';

describe('what is written', () => {
  it('on a terminal holds nothing that moves, colours or turns it', () => {
    const { shown, stream } = screen(true);
    outputOf(stream).write(hostile);
    expect(shown).toEqual(['a�[2Jb�31mc�d�e�f\tg\n']);
  });

  it('on a terminal may take the place of a line, without steering it either', () => {
    const { shown, stream } = screen(true);
    outputOf(stream).clearLine?.('3 tried\u001b[1A');
    expect(shown).toEqual(['\r\u001b[K3 tried�[1A']);
  });

  it('to a file or a pipe is as it is', () => {
    const { shown, stream } = screen(false);
    outputOf(stream).write(hostile);
    expect(shown).toEqual([hostile]);
  });
});
