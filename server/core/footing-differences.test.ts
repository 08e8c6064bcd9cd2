import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { type FootingDifference, footingDifferences } from './footing-differences';
import { Network } from './kinds/network';

const folder = path.join(import.meta.dirname, 'testdata/footing');

const said = ({ footing, cannot, differs }: FootingDifference): string =>
  [footing, ...cannot.map((s) => `  - ${s}`), ...differs.map((s) => `  * ${s}`), ''].join('\n');

test.each(readdirSync(folder).sort())('%s', async (name) => {
  const network = Network.parse(JSON.parse(readFileSync(path.join(folder, name, 'network.json'), 'utf8')));
  await expect(footingDifferences(network).map(said).join('\n')).toMatchFileSnapshot(
    path.join(folder, name, 'differences.txt'),
  );
});
