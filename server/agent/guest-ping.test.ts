import { expect, test } from 'vitest';
import { parsePing } from './guest-ping';

test("iputils' words", () => {
  const output = `PING 198.51.100.1 (198.51.100.1) 56(84) bytes of data.
64 bytes from 198.51.100.1: icmp_seq=1 ttl=63 time=0.284 ms

--- 198.51.100.1 ping statistics ---
3 packets transmitted, 3 received, 0% packet loss, time 624ms
rtt min/avg/max/mdev = 0.078/0.149/0.284/0.095 ms`;
  expect(parsePing(output)).toEqual({ sent: 3, received: 3, averageMs: 0.149 });
});

test("busybox' words", () => {
  const output = `PING 192.168.100.43 (192.168.100.43): 56 data bytes
--- 192.168.100.43 ping statistics ---
3 packets transmitted, 2 packets received, 33% packet loss
round-trip min/avg/max = 0.061/0.120/0.180 ms`;
  expect(parsePing(output)).toEqual({ sent: 3, received: 2, averageMs: 0.12 });
});

test('nothing came back, or nothing was sent', () => {
  expect(parsePing('3 packets transmitted, 0 received, +3 errors, 100% packet loss, time 2040ms')).toEqual({
    sent: 3,
    received: 0,
    averageMs: null,
  });
  expect(parsePing('ping: connect: Network is unreachable')).toEqual({
    sent: 0,
    received: 0,
    averageMs: null,
  });
});
