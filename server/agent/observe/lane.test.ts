import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createLane } from './lane';

/** A lane that notes what it was asked to read, each reading taking `cost` milliseconds. */
function noting(options: { quiet: number; longest: number; rest: number; cost?: number }) {
  const read: string[][] = [];
  let running = 0;
  let most = 0;
  const lane = createLane<string>({
    ...options,
    read: async (keys) => {
      running++;
      most = Math.max(most, running);
      read.push([...keys]);
      await pause(options.cost ?? 0);
      running--;
    },
  });
  return { lane, read, atOnce: () => most };
}

describe('a lane', () => {
  it('reads once what is asked for together', async () => {
    const { lane, read } = noting({ quiet: 20, longest: 100, rest: 0 });
    lane.ask(['a']);
    lane.ask(['b', 'a']);
    await pause(100);
    expect(read).toEqual([['a', 'b']]);
  });

  it('reads although requests never cease', async () => {
    const { lane, read } = noting({ quiet: 30, longest: 60, rest: 0 });
    const storm = setInterval(() => lane.ask(['a']), 5);
    await pause(400);
    clearInterval(storm);
    expect(read.length).toBeGreaterThan(1);
  });

  it('rests the longer the more a reading costs', async () => {
    const { lane, read, atOnce } = noting({ quiet: 1, longest: 1, rest: 9, cost: 40 });
    const storm = setInterval(() => lane.ask(['a']), 2);
    await pause(600);
    clearInterval(storm);
    expect(read.length).toBeLessThanOrEqual(3);
    expect(atOnce()).toBe(1);
  });

  it('reads at once when it must, with what was waiting, and one at a time', async () => {
    const { lane, read, atOnce } = noting({ quiet: 10_000, longest: 10_000, rest: 0, cost: 20 });
    lane.ask(['waiting']);
    await Promise.all([lane.now(['a']), lane.now(['b'])]);
    expect(read.flat().sort()).toEqual(['a', 'b', 'waiting']);
    expect(atOnce()).toBe(1);
  });

  it('does nothing any more when stopped', async () => {
    const { lane, read } = noting({ quiet: 5, longest: 5, rest: 0 });
    lane.ask(['a']);
    lane.stop();
    await pause(50);
    expect(read).toEqual([]);
  });
});
