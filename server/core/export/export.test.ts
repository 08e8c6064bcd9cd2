import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { checkDesired } from '../check';
import { HostLink } from '../kinds/link';
import { asText, exportTargetNames, exportTargets } from '.';

const cases = path.join(import.meta.dirname, '../testdata/export');

describe('links as files of the system', () => {
  test.each(readdirSync(cases).sort())('%s', async (name) => {
    const folder = path.join(cases, name);
    const links = z.array(HostLink).parse(JSON.parse(readFileSync(path.join(folder, 'links.json'), 'utf8')));
    const desired = { networks: [], links };
    expect(checkDesired(desired, { observed: null, committed: { networks: [], links: [] } })).toEqual([]);
    for (const target of exportTargetNames) {
      const files = exportTargets[target](links);
      expect(exportTargets[target]([...links].reverse()), 'the order of records does not matter').toEqual(
        files,
      );
      await expect(asText(files)).toMatchFileSnapshot(path.join(folder, `${target}.txt`));
    }
  });
});
