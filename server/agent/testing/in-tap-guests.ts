import { writeSync } from 'node:fs';
import { IfName } from '@/server/core/ids';
import { openTap } from '../qemu/tap';

/*
 * Runs inside of a lab and plays jobs of openQA: has the taps of its arguments open, and a guest behind each asks who
 * 10.0.2.2 is, ten times a second, until standard input ends.
 */

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/[: ]/g, ''), 'hex');

/** All guests have the same address: jobs are told apart by their MAC addresses. */
const whoHas = (mac: string): Buffer =>
  hex(`ff:ff:ff:ff:ff:ff ${mac} 0806 0001 0800 06 04 0001 ${mac} 0a00020f 00:00:00:00:00:00 0a000202`);

const guests = process.argv.slice(2).map((name, i) => {
  const opened = openTap(IfName.parse(name), { queues: 1, vnetHdr: false });
  const [fd] = opened.ok ? opened.value : [];
  if (fd === undefined) throw new Error(opened.ok ? name : opened.error.message);
  return { fd, frame: whoHas(`52:54:00:12:00:0${i + 1}`) };
});
setInterval(() => {
  for (const { fd, frame } of guests) writeSync(fd, frame);
}, 100);
process.stdin.resume().on('end', () => process.exit(0));
