import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { QosRendering } from '../compile/render-qos';
import { IfName } from '../ids';

/* Limits, and the commands by which libvirt 9 sets them: each file has a `<bandwidth>`, and places with what is run there. */

export type QosCase = {
  /** The file without its ending, and the place. */
  readonly name: string;
  readonly xml: string;
  readonly to: QosRendering;
  readonly dev: IfName;
  readonly network: boolean;
  readonly macvtap: boolean;
  readonly commands: string;
};

const folder = path.join(import.meta.dirname, '../testdata/qos');

export const qosCases: readonly QosCase[] = readdirSync(folder).flatMap((file) => {
  const [xml = '', ...asked] = readFileSync(path.join(folder, file), 'utf8').split('\n$ ');
  return asked.map((part): QosCase => {
    const [flags = '', ...commands] = part.trimEnd().split('\n');
    const [, to, dev] = /^--to (tc|ovs-qos) --dev (\S+)/.exec(flags) ?? [];
    return {
      name: `${path.parse(file).name} ${flags}`,
      ...{ xml, to: to === 'tc' ? 'tc' : 'ovs-qos', dev: IfName.parse(dev) },
      ...{ network: flags.endsWith('--network'), macvtap: flags.endsWith('macvtap') },
      commands: `${commands.join('\n')}\n`,
    };
  });
});
