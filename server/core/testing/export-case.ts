import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { Desired } from '../change';
import { type Exported, exported } from '../export/exported';
import { HostLink } from '../kinds/link';
import { Network } from '../kinds/network';

/* Golden cases of links that are exported as files of the system. */

const cases = path.join(import.meta.dirname, '../testdata/export');
export const exportCaseNames = readdirSync(cases).sort();

/** What the links stand on that is not exported. */
const Host = z.strictObject({
  networks: z.array(Network).default([]),
  ovsBridges: z.array(z.string()).default([]),
});

export type ExportCase = { readonly folder: string; readonly desired: Desired; readonly what: Exported };

/** @param arrange the order that the records come in */
export function exportCase(name: string, arrange = (links: HostLink[]) => links): ExportCase {
  const folder = path.join(cases, name);
  const read = (file: string): unknown => JSON.parse(readFileSync(path.join(folder, file), 'utf8'));
  const host = Host.parse(existsSync(path.join(folder, 'host.json')) ? read('host.json') : {});
  const links = arrange(z.array(HostLink).parse(read('links.json')));
  const desired = Desired.parse({ networks: host.networks, links });
  return { folder, desired, what: exported(desired, host.ovsBridges) };
}
