import type { Action } from './change';
import type { Limits } from './compile/realisation';
import { alike, USUAL } from './limit-state';
import { type HtbClass, items, type Observed } from './observed';

/*
 * What the kernel has of what Open vSwitch told it: a class 1:fffe for the whole, and 1:1 in it, which is queue 0. The
 * switch remembers that it told, and does not look again.
 */

export type KernelQos =
  | { readonly is: 'nothing' }
  | { readonly is: 'shaper'; readonly leaf: HtbClass; readonly whole: HtbClass }
  | { readonly is: 'foreign'; readonly kind: string };

export function kernelQos(observed: Observed, device: string): KernelQos {
  const root = items(observed.qdiscs).find((q) => q.device === device && q.parent === 'root');
  if (root === undefined || USUAL.includes(root.kind)) return { is: 'nothing' };
  const { handle = '', classes = [] } = (observed.limits.known && observed.limits.value[device]?.sent) || {};
  const leaf = classes.find((c) => c.id === '1:1' && c.parent === '1:fffe');
  const whole = classes.find((c) => c.id === '1:fffe' && c.parent === 'root');
  return handle !== '1:' || leaf === undefined || whole === undefined
    ? { is: 'foreign', kind: root.kind }
    : { is: 'shaper', leaf, whole };
}

/** Is it as it was told? A bucket that is too small for the rate the switch makes larger. */
export const asTold = (kernel: KernelQos, { rate, burst }: NonNullable<Limits['sent']>): boolean =>
  kernel.is === 'shaper' &&
  [kernel.leaf.rate, kernel.leaf.ceil, kernel.whole.rate, kernel.whole.ceil].every((r) => alike(r, rate)) &&
  (burst === null || kernel.leaf.burst + 1100 >= burst * 0.99);

const tc = (line: string): Action => ({ do: 'run', tool: 'tc', args: line.split(' ') });

/** How it was before it was told again. */
export function kernelBack(device: string, kernel: KernelQos): readonly Action[] {
  if (kernel.is === 'nothing') return [tc(`qdisc del dev ${device} root`)];
  if (kernel.is === 'foreign') return [];
  return [kernel.whole, kernel.leaf].map(({ id, parent, rate, ceil, burst }) => {
    const numbers = `rate ${Math.round(rate * 8)}bit ceil ${Math.round(ceil * 8)}bit burst ${Math.round(burst)}b`;
    return tc(
      `class change dev ${device} parent ${parent === 'root' ? '1:' : parent} classid ${id} htb ${numbers}`,
    );
  });
}

/** What drops what comes in: somebody's, or the switch's. */
export const policedBy = (observed: Observed, device: string): 'something' | 'nothing' =>
  observed.limits.known && (observed.limits.value[device]?.received ?? null) !== null
    ? 'something'
    : 'nothing';

/** Before the switch was told again to drop. */
export const policerBack = (observed: Observed, device: string): Action =>
  items(observed.qdiscs).some((q) => q.device === device && q.kind === 'ingress')
    ? tc(`filter del dev ${device} ingress`)
    : tc(`qdisc del dev ${device} ingress`);
