import { describe, expect, test } from 'vitest';
import type { Action } from './change';
import { didNothing, explain, readReason, reasonText } from './explain';
import type { Failure } from './result';

const command = (tool: 'ip' | 'virsh', args: readonly string[], stdin?: string): Action => ({
  do: 'run',
  tool,
  args: [...args],
  ...(stdin === undefined ? {} : { stdin }),
});
const failed = (detail: string): Failure => ({ code: 'TOOL_FAILED', message: 'ip ended with 2', detail });
const batch = command('ip', ['-batch', '-'], 'link add name br7 type bridge\nlink set dev br7 up\n');
const exists = (line: number) => failed(`RTNETLINK answers: File exists\nCommand failed -:${line}`);

describe('why a command failed', () => {
  test('the name of what is there is taken from the line that failed', () => {
    expect(explain(batch, exists(1))).toBe('there is an interface named br7 already.');
    expect(explain(batch, exists(2))).toBe('ip ended with 2');
  });
  test("libvirt's reason is the last of its lines", () => {
    const said = 'error: Failed to start network a\nerror: internal error: no such thing\n';
    expect(explain(command('virsh', ['net-start', 'a']), failed(said))).toBe('libvirt says "no such thing".');
  });
  test('what nobody knows is told as the tool ended', () => {
    expect(explain(command('ip', ['link']), failed('what?'))).toBe('ip ended with 2');
  });
});

test('only what cannot have begun did nothing', () => {
  expect(didNothing(batch, exists(1))).toBe(true);
  expect(didNothing(batch, exists(2))).toBe(false);
  expect(didNothing(command('ip', ['link', 'add', 'a']), failed(''))).toBe(true);
  expect(didNothing(command('ip', ['link']), { code: 'TOOL_TIMEOUT', message: 'late' })).toBe(false);
  expect(didNothing({ do: 'remove', path: '/a' }, failed(''))).toBe(false);
});

test('a reason is one sentence, with words below', () => {
  const text = reasonText({ message: 'It failed:\nbadly.', detail: '$ a\nb' });
  expect(readReason(text)).toEqual({ sentence: 'It failed: badly.', words: '$ a\nb' });
  expect(readReason('By hand.')).toEqual({ sentence: 'By hand.', words: null });
});
