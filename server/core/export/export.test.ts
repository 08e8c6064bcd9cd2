import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkDesired } from '../check';
import { exportCase, exportCaseNames } from '../testing/export-case';
import { asText, exportTargetNames, exportTargets } from '.';

describe('links as files of the system', () => {
  test.each(exportCaseNames)('%s', async (name) => {
    const { folder, desired, what } = exportCase(name);
    expect(checkDesired(desired, { observed: null, committed: { networks: [], links: [] } })).toEqual([]);
    for (const target of exportTargetNames) {
      const files = exportTargets[target](what);
      expect(
        exportTargets[target](exportCase(name, (links) => links.reverse()).what),
        'the order of records does not matter',
      ).toEqual(files);
      await expect(asText(files)).toMatchFileSnapshot(path.join(folder, `${target}.txt`));
    }
  });
});
