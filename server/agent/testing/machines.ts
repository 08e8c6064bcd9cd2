import path from 'node:path';
import { hasPrograms, whyNoTaps } from '@/server/core/testing/available';
import { whyNoNamespaces } from '@/server/core/testing/kernel';
import { run } from '../exec';

export const checkout = path.resolve(import.meta.dirname, '../../..');

/**
 * Makes the kernel and the files of micro guests where they are missing. `why` is what keeps virtual machines from
 * being started here; `noKernel` is why there is no kernel for them, which for root is a fault: root can fetch one.
 */
export async function whyNoMachines(): Promise<{
  readonly why: string | null;
  readonly noKernel: string | null;
}> {
  const nowhere =
    (await whyNoNamespaces()) ??
    ((await hasPrograms('qemu-system-x86_64')) ? whyNoTaps() : 'QEMU is not installed');
  if (nowhere !== null) return { why: nowhere, noKernel: null };
  const build = [process.execPath, 'server/cli/build.mjs', 'guest'];
  const built = await run(build, { cwd: checkout, timeout: 300_000 });
  const noKernel = built.ok ? null : (built.error.detail ?? built.error.message);
  return { why: process.getuid?.() === 0 ? null : noKernel, noKernel };
}
