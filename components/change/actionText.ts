import type { Action } from '@/server/core/change';
import { unreachable } from '@/server/core/result';

export type ActionText = {
  /** What can be pasted into a shell, or says the same in words. */
  readonly line: string;
  /** A file's content or a command's standard input. */
  readonly body: string | null;
};

const quote = (arg: string): string =>
  /^[A-Za-z0-9_./:=@%+,-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", `'\\''`)}'`;

/** An action as people read it. */
export function actionText(action: Action): ActionText {
  switch (action.do) {
    case 'run':
      return { line: [action.tool, ...action.args].map(quote).join(' '), body: action.stdin ?? null };
    case 'write':
      return { line: `write ${quote(action.path)}`, body: action.content };
    case 'remove':
      return { line: `rm ${quote(action.path)}`, body: null };
    case 'startDnsmasq':
      return { line: ['dnsmasq', ...action.args].map(quote).join(' '), body: null };
    case 'stopDnsmasq':
      return { line: `kill $(cat ${quote(action.pidFile)})`, body: null };
    case 'reloadDnsmasq':
      return { line: `kill -HUP $(cat ${quote(action.pidFile)})`, body: null };
    case 'nic': {
      const where = action.at.map((at) => `--${at}`).join(' ');
      const command = `virsh -c qemu:///system ${action.command}-device`;
      return { line: `${command} ${quote(action.domain)} /dev/stdin ${where}`, body: action.xml };
    }
    default:
      return unreachable(action);
  }
}
