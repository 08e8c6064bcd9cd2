// The arrows of the design: which folder may import from which. `npm test` stops at the first one drawn the wrong way.

/** Everything below `from` may import only what is in `to` (its own folder included), npm packages apart. */
const arrow = (name, from, to, comment) => ({
  name: `arrow-${name}`,
  comment,
  severity: 'error',
  from: { path: from, pathNot: TESTS },
  to: { path: '^(app|components|server|prisma|e2e)/', pathNot: [from, ...to] },
});
const TESTS = ['\\.test\\.tsx?$', '/testing/', '/testdata/'];
/** Looks at imports of values only: a type is gone before anything runs. */
const VALUES = { dependencyTypesNot: ['type-only'] };

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-unresolved',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^(@/)?server/store/generated' },
    },
    {
      name: 'tests-are-leaves',
      comment: 'Nothing that runs imports a test or the things made for tests.',
      severity: 'error',
      from: { pathNot: [...TESTS, '^e2e/', '^vitest'] },
      to: { path: TESTS },
    },
    {
      name: 'no-packages-of-development',
      severity: 'error',
      from: { path: '^(app|components|server)/', pathNot: TESTS },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only', 'npm'] },
    },

    arrow('core', '^server/core/', [], 'core is pure: it imports nothing of ours but itself'),
    {
      name: 'core-is-pure',
      comment: 'core runs in the browser too: no Node, no React, data libraries only.',
      severity: 'error',
      from: { path: '^server/core/', pathNot: TESTS },
      to: { dependencyTypesNot: ['local', 'aliased-tsconfig-paths', 'aliased'], pathNot: PURE_PACKAGES() },
    },
    arrow('agent', '^server/agent/', ['^server/core/'], 'agent → core'),
    arrow('link', '^server/link/', ['^server/core/'], 'link → core'),
    arrow('store', '^server/store/', ['^server/core/'], 'store → core, prisma'),
    arrow(
      'api',
      '^server/api/',
      ['^server/core/', '^server/link/', '^server/store/'],
      'api → core, link, store',
    ),
    arrow(
      'cli',
      '^server/cli/',
      ['^server/core/', '^server/link/', '^server/agent/', '^server/store/'],
      'cli → core, link, agent; and store, for the login link and the password that a terminal hands out',
    ),
    arrow(
      'web',
      '^server/web/',
      ['^server/core/', '^server/link/', '^server/store/', '^server/api/'],
      'the web process serves pages and api',
    ),
    arrow(
      'components',
      '^components/',
      ['^server/core/', '^server/api/'],
      'components → core values, api types',
    ),
    arrow('ui', '^components/ui/', [], 'primitives know nothing of networks'),
    arrow('app', '^app/', ['^components/', '^server/core/', '^server/api/'], 'app → components, api'),
    {
      name: 'browser-takes-types-of-api',
      comment: 'A value imported from server/api would pull the server into the browser.',
      severity: 'error',
      from: { path: '^components/', pathNot: TESTS },
      to: { path: '^server/api/', ...VALUES },
    },
    {
      name: 'browser-without-node',
      severity: 'error',
      from: { path: '^components/', pathNot: TESTS },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'processes-start-in-exec',
      comment: 'One file starts processes: argv arrays, never a shell.',
      severity: 'error',
      from: { path: '^(app|components|server)/.*\\.tsx?$', pathNot: [...TESTS, '^server/agent/exec\\.ts$'] },
      to: { path: '^(node:)?(child_process|cluster|worker_threads)$', ...VALUES },
    },
    {
      name: 'cytoscape-in-canvas',
      severity: 'error',
      from: { pathNot: '^components/topology/TopologyCanvas\\.tsx$' },
      to: { path: '(^|/)cytoscape(/|$)', ...VALUES },
    },
    {
      name: 'prisma-in-store',
      severity: 'error',
      from: {
        path: '^(app|components|server)/',
        pathNot: ['^server/store/', '^server/cli/(prisma/|migrate\\.ts|postgres\\.ts)', ...TESTS],
      },
      to: { path: ['(^|/)@prisma/', '(^|/)node_modules/(prisma|pg)(/|$)', '^server/store/generated'] },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '^server/store/generated'] },
    exclude: { path: ['^dist/', '^\\.next/', '^server/store/generated/internal'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types', 'typings'],
    },
    progress: { type: 'none' },
  },
};

function PURE_PACKAGES() {
  return [
    '^server/core/',
    ...['zod', 'ipaddr.js', '@noble/hashes', '@rgrove/parse-xml'].map((p) => `node_modules/${p}(/|$)`),
  ];
}
