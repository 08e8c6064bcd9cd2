import { checkNetwork } from '../check';
import { problemsOf, refuse } from '../check-parse';
import { ok, type Problem, type Result } from '../result';
import { tapNames } from './numbering';
import { Pool } from './pool';
import { networkOf } from './things';

/** Reads a pool out of anything. Refused with INVALID: problems with paths, each a sentence. */
export function parsePool(input: unknown): Result<Pool> {
  const parsed = Pool.safeParse(input);
  if (!parsed.success) return refuse(problemsOf(parsed.error, 'pool'));
  const problems = problemsIn(parsed.data);
  return problems.length === 0 ? ok(parsed.data) : refuse(problems);
}

function problemsIn(pool: Pool): readonly Problem[] {
  const { bridge, address, classes, peers } = pool;
  const at = (path: Problem['path'], message: string): Problem => ({ path, code: 'POOL', message });
  const again = <T>(all: readonly T[]) => all.findIndex((one, i) => all.indexOf(one) < i);
  const [peer, word] = [again(peers), again(classes)];
  return [
    ...(tapNames(pool).includes(bridge)
      ? [at(['bridge'], `${bridge} is the name of one of the taps: give the bridge another.`)]
      : []),
    ...checkNetwork(networkOf(pool), { others: [], observed: null }).map(({ path, message }) =>
      at([FIELDS[String(path[0])] ?? 'network'], message),
    ),
    ...(peers.includes(address)
      ? [at(['peers', peers.indexOf(address)], `${address} is the address of this host's own bridge.`)]
      : []),
    ...(peer < 0 ? [] : [at(['peers', peer], `The peer ${peers[peer]} is there twice.`)]),
    ...(word < 0 ? [] : [at(['classes', word], `The worker class ${classes[word]} is there twice.`)]),
    ...(classes.includes('tap')
      ? [at(['classes', classes.indexOf('tap')], 'Every worker of a pool has the class tap: leave it out.')]
      : []),
  ];
}

/** Fields of the network, and those of the pool that they come from. */
const FIELDS: Readonly<Record<string, string>> = {
  subnets: 'address',
  bridge: 'bridge',
  forward: 'masquerade',
};
