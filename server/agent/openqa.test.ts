import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { observeJobs, parseJob } from './openqa';

describe("the jobs of openQA's workers", () => {
  test.each([
    ['one VLAN', '{"NAME":"00012-client","NICTYPE":"tap","NICVLAN":"7"}', '00012-client', [7]],
    ['a VLAN for each network', '{"NICTYPE":"tap","NICVLAN":"7, 8"}', null, [7, 8]],
    ['a number', '{"NICTYPE":"tap","NICVLAN":7}', null, [7]],
    ['none', '{"NICTYPE":"tap"}', null, [0]],
  ])('with %s', (_, text, name, vlans) => {
    expect(parseJob(3, text)).toEqual({ worker: 3, name, vlans });
  });

  test.each([
    ['without a tap', '{"NICTYPE":"user","NICVLAN":"7"}'],
    ['cut off', '{"NICTYPE":"tap","NICV'],
    ['that is no object', '["tap"]'],
    ['with nonsense for a VLAN', '{"NICTYPE":"tap","NICVLAN":"seven"}'],
    ['that is not there', ''],
  ])('%s are left out', (_, text) => {
    expect(parseJob(3, text)).toBeNull();
  });

  test('are read from the folders of their workers', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'pb-jobs-'));
    for (const name of ['1', '2', 'tmp']) mkdirSync(path.join(folder, name));
    writeFileSync(path.join(folder, '2', 'vars.json'), '{"NICTYPE":"tap","NICVLAN":"5"}');
    const jobs = observeJobs(folder);
    rmSync(folder, { recursive: true });
    expect(jobs).toMatchObject({ known: true, value: [{ worker: 2, name: null, vlans: [5] }] });
    expect(observeJobs(folder)).toMatchObject({ known: false });
  });
});
