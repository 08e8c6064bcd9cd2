import { chownSync, existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { type Identity, run } from './exec';

/*
 * Labs make taps. Distributions let everybody open /dev/net/tun, some containers only root: there the user that labs
 * run as gets a node of its own for the same device. What it may do with that is nothing but in its labs.
 */

const TUN = '/dev/net/tun';
/** Names the node in the environment of a lab's agent. */
const VARIABLE = 'PATCHBAY_TUN';

type Launch = Identity & { readonly argv: readonly string[] };

/** What a lab's agent finds in its environment; `home` is a folder of root's that others can enter. */
export async function tunFor({ argv, uid, gid }: Launch, home: string): Promise<Record<string, string>> {
  if (process.getuid?.() !== 0 || argv.length === 0 || !existsSync(TUN)) return {};
  const open = await run([...argv, 'test', '-w', TUN], { foreign: true });
  if (open.ok) return {};
  const node = path.join(home, 'tun');
  rmSync(node, { force: true });
  const made = await run(['mknod', '-m', '600', node, 'c', '10', '200']);
  if (!made.ok) return {};
  chownSync(node, uid, gid);
  return { [VARIABLE]: node };
}

/** Inside of a lab, before anything opens it. Where it fails, whoever wants a tap is told. */
export async function bindOwnTun(): Promise<void> {
  const node = process.env[VARIABLE];
  if (node !== undefined) await run(['mount', '--bind', node, TUN]);
}
