import { expect, it } from 'vitest';
import { actionText } from './actionText';

it('shows commands so that they can be pasted into a shell', () => {
  expect(
    actionText({ do: 'run', tool: 'ip', args: ['link', 'set', 'dev', 'virbr0', 'alias', "it's $(x)"] }),
  ).toEqual({
    line: `ip link set dev virbr0 alias 'it'\\''s $(x)'`,
    body: null,
  });
  expect(actionText({ do: 'run', tool: 'ip', args: [''] }).line).toBe("ip ''");
});

it('shows what a command reads and what a file will hold', () => {
  expect(actionText({ do: 'run', tool: 'nft', args: ['-f', '-'], stdin: 'table' })).toEqual({
    line: 'nft -f -',
    body: 'table',
  });
  expect(actionText({ do: 'write', path: '/run/x y', content: 'a\n' })).toEqual({
    line: "write '/run/x y'",
    body: 'a\n',
  });
});

it('names the pid file of the process that is told something', () => {
  const pidFile = '/run/demo.pid';
  expect(actionText({ do: 'stopDnsmasq', network: 'demo', pidFile }).line).toContain(pidFile);
  expect(actionText({ do: 'reloadDnsmasq', network: 'demo', pidFile }).line).toContain('-HUP');
});
