import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { inside, whyNoNamespaces } from '../testing/kernel';
import { patience } from '../testing/patience';
import { FAULTS } from '../testing/reach-faults';
import { HEALTHY } from '../testing/reach-healthy';

/* Every cause, made for real: the verdict names it, and packets agree. */

const why = await whyNoNamespaces();
if (why !== null) console.warn(`SKIPPED: no fault was made, namespaces cannot be made: ${why}`);

const Seen = z.object({
  verdict: z.string(),
  codes: z.array(z.string()),
  sentence: z.string(),
  answered: z.boolean(),
});
const Rows = z.array(z.object({ name: z.string(), with: Seen.nullable(), after: Seen.nullable() }));

describe.skipIf(why !== null)('verdicts and packets agree', () => {
  const place = inside();
  let rows: z.infer<typeof Rows> = [];
  beforeAll(async () => {
    const bundle = await place.bundle(path.join(import.meta.dirname, '../../agent/testing/kernel-reach.ts'));
    rows = Rows.parse(
      JSON.parse(await place.run(['node', bundle], JSON.stringify({ folder: place.folder() }), 280_000)),
    );
    const untried = rows.filter((r) => r.with === null);
    if (untried.length > 0)
      console.warn(
        `NOT TRIED: no VLANs in bridges here, no br_netfilter or no iptables: ${untried.map((r) => r.name).join(', ')}`,
      );
  }, 300_000 * patience);
  afterAll(() => place.close());
  const seen = (name: string) => rows.find((r) => r.name === name);

  test('what is broken is named, and nothing gets through; without it, all is well', () => {
    const wrong = FAULTS.flatMap(({ name, code }) => {
      const row = seen(name);
      if (row?.with == null || row.after === null) return row === undefined ? [`${name}: was not tried`] : [];
      const said = `${name}: ${row.with.verdict} ${row.with.codes.join(' ')}: ${row.with.sentence}`;
      return [
        ...(row.with.answered ? [`${said} — but an answer came`] : []),
        ...(code !== null && !row.with.codes.includes(code) ? [`${said} — expected ${code}`] : []),
        ...(row.after.answered ? [] : [`${name}: no answer came after it was taken away`]),
        ...(['DELIVERED', 'EXITS_SCOPE'].includes(row.after.verdict)
          ? []
          : [`${name}, afterwards: ${row.after.sentence}`]),
      ];
    });
    expect(wrong).toEqual([]);
  });

  test('what is well gives no false alarm', () => {
    const wrong = HEALTHY.flatMap(({ name }) => {
      const row = seen(name);
      if (row?.with == null) return row === undefined ? [`${name}: was not tried`] : [];
      return [
        ...(row.with.answered ? [] : [`${name}: no answer came`]),
        ...(['DELIVERED', 'EXITS_SCOPE'].includes(row.with.verdict) ? [] : [`${name}: ${row.with.sentence}`]),
      ];
    });
    expect(wrong).toEqual([]);
  });
});
