import type { Action } from '../change';
import { unreachable } from '../result';

/** One argument as a shell would need it. */
const shellWord = (word: string): string =>
  /^[A-Za-z0-9_./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

const heredoc = (command: string, text: string) =>
  `${command} <<'EOF'\n${text}${text === '' || text.endsWith('\n') ? '' : '\n'}EOF`;

/** The exact thing an action does, as a person would type it. */
export function commandText(action: Action): string {
  switch (action.do) {
    case 'run': {
      const command = [action.tool, ...action.args].map(shellWord).join(' ');
      return action.stdin === undefined ? command : heredoc(command, action.stdin);
    }
    case 'write':
      return heredoc(`cat > ${shellWord(action.path)}`, action.content);
    case 'remove':
      return `rm -f ${shellWord(action.path)}`;
    case 'startDnsmasq':
      return `${['dnsmasq', ...action.args].map(shellWord).join(' ')} &`;
    case 'stopDnsmasq':
      return `kill "$(cat ${shellWord(action.pidFile)})"`;
    case 'reloadDnsmasq':
      return `kill -HUP "$(cat ${shellWord(action.pidFile)})"`;
    case 'nic': {
      const where = action.at.map((at) => `--${at}`);
      const words = ['virsh', '-c', 'qemu:///system', `${action.command}-device`, action.domain];
      return heredoc([...words, '/dev/stdin', ...where].map(shellWord).join(' '), action.xml);
    }
    default:
      return unreachable(action);
  }
}
