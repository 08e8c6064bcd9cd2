import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

const checkout = path.resolve(import.meta.dirname, '..');
const tree = mkdtempSync(path.join(tmpdir(), 'patchbay-arrows-'));
const found = new Map<string, string[]>();

const fine: Record<string, string> = {
  'server/core/good.ts': "import { z } from 'zod';\nexport const good = z.string();\n",
  'server/agent/exec.ts':
    "import { spawn } from 'node:child_process';\nimport { good } from '@/server/core/good';\nexport const run = [spawn, good];\n",
  'server/api/router.ts':
    "import { good } from '@/server/core/good';\nexport const router = { good };\nexport type Router = typeof router;\n",
  'components/edit/Good.tsx':
    "import { good } from '@/server/core/good';\nimport type { Router } from '@/server/api/router';\nexport const Good = (r: Router) => good.parse(r);\n",
  'components/topology/TopologyCanvas.tsx':
    "import cytoscape from 'cytoscape';\nexport const TopologyCanvas = cytoscape;\n",
};

/** Planted file, what it says, the rule that must see it. */
const planted: readonly (readonly [file: string, text: string, rule: string])[] = [
  [
    'server/core/reads.ts',
    "import { readFileSync } from 'node:fs';\nexport const reads = readFileSync;\n",
    'core-is-pure',
  ],
  [
    'server/core/draws.ts',
    "import { useState } from 'react';\nexport const draws = useState;\n",
    'core-is-pure',
  ],
  [
    'server/core/runs.ts',
    "import { run } from '@/server/agent/exec';\nexport const runs = run;\n",
    'arrow-core',
  ],
  [
    'server/agent/second.ts',
    "import { exec } from 'node:child_process';\nexport const second = exec;\n",
    'processes-start-in-exec',
  ],
  [
    'server/agent/asks.ts',
    "import { router } from '@/server/api/router';\nexport const asks = router;\n",
    'arrow-agent',
  ],
  [
    'server/link/link.ts',
    "import { run } from '@/server/agent/exec';\nexport const link = run;\n",
    'arrow-link',
  ],
  [
    'components/edit/Privileged.tsx',
    "import { run } from '@/server/agent/exec';\nexport const Privileged = run;\n",
    'arrow-components',
  ],
  [
    'components/edit/Router.tsx',
    "import { router } from '@/server/api/router';\nexport const R = router;\n",
    'browser-takes-types-of-api',
  ],
  [
    'components/edit/Graph.tsx',
    "import cytoscape from 'cytoscape';\nexport const Graph = cytoscape;\n",
    'cytoscape-in-canvas',
  ],
  [
    'components/ui/Net.tsx',
    "import { good } from '@/server/core/good';\nexport const Net = good;\n",
    'arrow-ui',
  ],
  ['components/ui/Fs.tsx', "import fs from 'node:fs';\nexport const Fs = fs;\n", 'browser-without-node'],
  [
    'server/api/records.ts',
    "import { Prisma } from '@prisma/client';\nexport const records = Prisma;\n",
    'prisma-in-store',
  ],
  ['app/page.tsx', "import { run } from '@/server/agent/exec';\nexport const Page = run;\n", 'arrow-app'],
  ['server/core/a.ts', "import { b } from './b';\nexport const a = () => b;\n", 'no-cycles'],
  ['server/core/b.ts', "import { a } from './a';\nexport const b = () => a;\n", ''],
  ['server/link/lost.ts', "import { x } from './nowhere';\nexport const lost = x;\n", 'no-unresolved'],
  ['server/core/good.test.ts', 'export const made = 1;\n', ''],
  [
    'server/core/leans.ts',
    "import { made } from './good.test';\nexport const l = made;\n",
    'tests-are-leaves',
  ],
];

beforeAll(() => {
  for (const f of ['.dependency-cruiser.cjs', 'tsconfig.json', 'package.json'])
    cpSync(path.join(checkout, f), path.join(tree, f));
  symlinkSync(path.join(checkout, 'node_modules'), path.join(tree, 'node_modules'));
  for (const [file, text] of [...Object.entries(fine), ...planted.map(([f, t]) => [f, t] as const)]) {
    mkdirSync(path.join(tree, path.dirname(file)), { recursive: true });
    writeFileSync(path.join(tree, file), text);
  }
  const cruise = path.join(checkout, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs');
  const args = [
    '--config',
    '.dependency-cruiser.cjs',
    '--output-type',
    'json',
    'app',
    'components',
    'server',
  ];
  const ran = spawnSync(process.execPath, [cruise, ...args], { cwd: tree, encoding: 'utf8' });
  const report: { summary: { violations: { from: string; rule: { name: string } }[] } } = JSON.parse(
    ran.stdout,
  );
  for (const v of report.summary.violations) found.set(v.from, [...(found.get(v.from) ?? []), v.rule.name]);
});
afterAll(() => rmSync(tree, { recursive: true, force: true }));

it.each(planted.filter(([, , rule]) => rule))('sees what is wrong with %s', (file, _text, rule) => {
  expect(found.get(file) ?? []).toContain(rule);
});

it.each(Object.keys(fine))('has nothing against %s', (file) => {
  expect(found.get(file) ?? []).toEqual([]);
});
