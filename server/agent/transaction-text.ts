import type { Transaction } from '@/server/core/change';

/** Why another change has to wait. */
export function busyText(t: Exclude<Transaction, { state: 'idle' }>): string {
  const what = `The change "${t.summary}"`;
  switch (t.state) {
    case 'applying':
      return `${what} is being applied: wait until it is over.`;
    case 'awaiting':
      return `${what} waits to be confirmed: confirm it or take it back first.`;
    case 'rolling-back':
      return `${what} is being taken back: wait until it is over.`;
    case 'stuck':
      return `${what} could not be taken back entirely: put right what is left over, and take it back again.`;
  }
}
