import { MOST_PROBLEMS, refuse } from '../check-parse';
import type { Problem, Result } from '../result';
import { short } from '../short';
import { finishGaneti } from './ganeti-guest';
import type { GanetiNic } from './ganeti-nic';
import type { ReadNics } from './guest-nics';

/*
 * NICs as `gnt-instance info` prints them. Of all that it prints the name of the instance, the model of its cards and the
 * section NICs concern us.
 */

/** What each line of a NIC is; null: of the cluster, not of the guest. */
const LINES: Readonly<Record<string, keyof GanetiNic | null>> = {
  MAC: 'mac',
  IP: 'ip',
  mode: 'mode',
  link: 'link',
  vlan: 'vlan',
  network: 'network',
  name: 'name',
  UUID: null,
};

export function parseGanetiInfo(text: string): Result<ReadNics> {
  const problems: Problem[] = [];
  const refuseLine = (n: number, message: string) =>
    problems.push({ path: ['line', n], code: 'GANETI', message: `Line ${n}: ${message}` });
  const lines = text
    .split(/\r?\n/)
    .map((line, i) => ({ n: i + 1, depth: line.search(/\S/), said: line.trim() }));
  const named = lines.filter(({ said }) => /^(- )?Instance name:/.test(said));
  const second = named[1];
  if (second !== undefined) refuseLine(second.n, 'another instance begins: give one at a time.');
  const start = lines.findIndex(({ said }) => said === 'NICs:');
  const section = lines[start];
  if (section === undefined) refuseLine(lines.length, 'the section NICs is missing.');
  const after = lines.slice(start + 1).filter(({ said }) => said !== '');
  const end = after.findIndex(({ depth }) => depth <= (section?.depth ?? 0));
  const nics: GanetiNic[] = [];
  for (const { n, said } of end === -1 ? after : after.slice(0, end)) {
    const [, key = '', value = ''] = /^(?:- )?([\w/]+):\s*(.*)$/.exec(said) ?? [];
    const field = LINES[key];
    if (/^nic\/\d+$/.test(key)) nics.push({});
    else if (field === undefined || nics.length === 0)
      refuseLine(n, `"${short(said)}" is not understood here.`);
    else if (field !== null && value !== '' && value !== 'None') nics.push({ ...nics.pop(), [field]: value });
  }
  if (problems.length > 0) return refuse(problems.slice(0, MOST_PROBLEMS));
  return finishGaneti(
    {
      guest: named[0]?.said.replace(/^(- )?Instance name:\s*/, ''),
      nics,
      cards: /^\s*nic_type: (?:default \()?(\w+)/m.exec(text)?.[1],
    },
    (i) => `nic/${i}`,
  );
}
