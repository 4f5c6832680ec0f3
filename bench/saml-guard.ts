import { takeCensus } from '../src/core/saml/census.ts';
import { MAX_BODY_BYTES, MAX_RESPONSE_BYTES } from '../src/core/saml/guard.ts';
import { LoginRefused } from '../src/core/saml/reason.ts';
import { readAnswer } from '../src/sources/saml/acs-form.ts';
import type { Benchmark } from './benchmark.ts';
import { absolute } from './figure.ts';
import { interleave, timed } from './interleave.ts';

/** Texts that cost a reader much for their size, each repeated up to so many bytes. */
const texts: Readonly<Record<string, (bytes: number) => string>> = {
  siblings: filled('<r>', '<a/>', '</r>'),
  'deep nesting': (bytes) => '<a>'.repeat(bytes / 8) + '</a>'.repeat(bytes / 8),
  'open tags': filled('', '<a>', ''),
  'open angles': filled('<r>', '<', ''),
  'open comments': filled('<r>', '<!--', ''),
  'open CDATA': filled('<r>', '<![CDATA[', ''),
  'open quotes': filled('<r>', '<a b="', ''),
  attributes: filled('<r ', 'a="" ', '/>'),
  ampersands: filled('<r>', '&', '</r>'),
  'character references': filled('<r>', '&#65;', '</r>'),
  spaces: filled('<r>', ' ', '</r>'),
};

/**
 * What the worst bodies cost the main thread before anything else looks at them (saml.md: any 256 KiB body under 50 ms;
 * quality.md: nothing over 100 ms for 64 KiB).
 */
export const samlGuard: Benchmark = {
  name: 'saml-guard',
  goals: ['SAML'],
  run: async () => {
    const bodies: Record<string, string> = {
      'not base64 at all': `SAMLResponse=${'%'.repeat(MAX_BODY_BYTES - 13)}`,
      'escaped line ends': `SAMLResponse=${'%0A'.repeat(MAX_BODY_BYTES / 3 - 5)}`,
      'many fields': 'a&'.repeat(9_999).padEnd(MAX_BODY_BYTES, 'b'),
    };
    for (const [name, text] of Object.entries(texts)) {
      const answer = Buffer.from(text(MAX_RESPONSE_BYTES)).toString('base64');
      bodies[name] = `SAMLResponse=${encodeURIComponent(answer)}`.padEnd(MAX_BODY_BYTES, '&x=y');
    }
    const reading = await slowest(bodies, (body) => {
      try {
        readAnswer(new URLSearchParams(body));
      } catch (error) {
        if (!(error instanceof LoginRefused)) throw error;
      }
    });
    const scanned = Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, text(65_536)]));
    const scanning = await slowest(scanned, takeCensus);
    return [
      absolute({
        ...{ goal: 'SAML', what: `main thread, worst body of 256 KiB (${reading.name})` },
        ...{ unit: 'ms', ours: reading.ms, limit: { atMost: 50 } },
      }),
      absolute({
        ...{ goal: 'SAML', what: `scan of the worst 64 KiB (${scanning.name})` },
        ...{ unit: 'ms', ours: scanning.ms, limit: { atMost: 100 } },
      }),
    ];
  },
};

function filled(start: string, piece: string, end: string): (bytes: number) => string {
  return (bytes) => start + piece.repeat((bytes - start.length - end.length) / piece.length) + end;
}

/** Of all texts the one with the slowest median. */
async function slowest(
  inputs: Readonly<Record<string, string>>,
  read: (text: string) => unknown,
): Promise<{ readonly name: string; readonly ms: number }> {
  const sides = Object.entries(inputs).map(([name, text]) => [
    name,
    () => timed(() => Promise.resolve(read(text))),
  ]);
  const times = await interleave(Object.fromEntries(sides) as Record<string, () => Promise<number>>, {
    ...{ runs: 30, warmUp: 3 },
  });
  const [worst] = Object.entries(times).sort(([, a], [, b]) => b.p50 - a.p50);
  return { name: worst?.[0] ?? '', ms: worst?.[1].p50 ?? NaN };
}
