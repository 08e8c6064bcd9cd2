import { MOST_PROBLEMS, refuse } from '../check-parse';
import type { Problem, Result } from '../result';
import { short } from '../short';
import { finishGaneti } from './ganeti-guest';
import type { GanetiNic } from './ganeti-nic';
import type { ReadNics } from './guest-nics';

/* NICs as they are given to `gnt-instance add`: `--net 0:mode=bridged,link=br0,mac=…`, or what follows `--net` alone. */

const KEYS = ['name', 'mac', 'ip', 'mode', 'link', 'vlan', 'network', 'bridge'] as const;
type Key = (typeof KEYS)[number];
const isKey = (text: string): text is Key => KEYS.some((key) => key === text);

export function parseGanetiWords(text: string): Result<ReadNics> {
  const problems: Problem[] = [];
  const refuseAt = (spec: string, message: string) =>
    problems.push({ path: ['net', spec], code: 'GANETI', message: `${spec}: ${message}` });
  const specs = specsOf(text, refuseAt);
  const nics = specs.flatMap((spec, i) => readSpec(spec, i, refuseAt) ?? []);
  if (problems.length > 0) return refuse(problems.slice(0, MOST_PROBLEMS));
  return finishGaneti({ nics }, (i) => `--net ${i}`);
}

type RefuseSpec = (spec: string, message: string) => void;

/** The words after each `--net`, or words that look like them. */
function specsOf(text: string, refuseAt: RefuseSpec): readonly string[] {
  const words = text
    .replaceAll(/\\\r?\n/g, ' ')
    .split(/\s+/)
    .filter((w) => w !== '');
  const specs: string[] = [];
  let wanted = false;
  for (const word of words) {
    if (wanted || /^\d+:/.test(word)) specs.push(word);
    else if (word.startsWith('--net=')) specs.push(word.slice('--net='.length));
    else if (!['--net', '--no-nics', 'gnt-instance', 'add'].includes(word))
      refuseAt(short(word), 'only the words after --net are understood here.');
    wanted = !wanted && word === '--net';
  }
  if (wanted) refuseAt('--net', 'the description of the NIC is missing after it.');
  return specs;
}

function readSpec(spec: string, i: number, refuseAt: RefuseSpec): GanetiNic | null {
  const [, place = '', list = ''] = /^(-?\w+)(?::(.*))?$/s.exec(spec) ?? [];
  const label = `--net ${short(place || spec)}`;
  if (!/^\d+$/.test(place)) {
    refuseAt(label, 'it begins with the number of the NIC, like 0:mode=bridged,link=br0.');
    return null;
  }
  if (Number(place) !== i) {
    refuseAt(label, `the NICs are counted from 0 without gaps, and this is the one with number ${i}.`);
    return null;
  }
  const nic: { [key in Key]?: string } = {};
  for (const part of list === '' ? [] : list.split(',')) {
    const [key = '', ...value] = part.split('=');
    if (!isKey(key)) refuseAt(label, `there is no parameter ${short(key)}: there are ${KEYS.join(', ')}.`);
    else if (nic[key] !== undefined) refuseAt(label, `${key} is said twice.`);
    else if (value.length === 0) refuseAt(label, `${key} has no value.`);
    else if (value.join('=') !== 'none') nic[key] = value.join('=');
  }
  return nic;
}
