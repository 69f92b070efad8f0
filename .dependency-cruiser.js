/** Node's modules that do I/O or keep time: pure packages take bytes, events and the time as arguments. */
const IO_MODULES =
  '^(node:)?(fs|fs/promises|net|tls|dgram|dns|dns/promises|http|http2|https|child_process|cluster|worker_threads|timers|timers/promises|readline|repl|stream|stream/promises|inspector|tty|perf_hooks|process|os)$';
const TESTS = '\\.test\\.tsx?$|/testing/';

/** Packages that the pure ones may use: none of these does I/O. */
const PURE_PACKAGES = 'node_modules/(sdp-transform|@types/node)/';

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'pure-packages-do-no-io',
      comment: 'media and protocols are tested from vectors, without a network, a file or a clock',
      severity: 'error',
      from: { path: '^packages/(media|protocols)/src', pathNot: TESTS },
      to: { dependencyTypes: ['core'], path: IO_MODULES },
    },
    {
      name: 'pure-packages-import-no-npm',
      severity: 'error',
      from: { path: '^packages/(media|protocols)/src', pathNot: TESTS },
      to: { path: 'node_modules/', pathNot: PURE_PACKAGES },
    },
    {
      name: 'media-knows-nobody',
      severity: 'error',
      from: { path: '^packages/media/src', pathNot: TESTS },
      to: { path: '^(packages/(?!media/)|apps/)' },
    },
    {
      name: 'protocols-know-media-only',
      severity: 'error',
      from: { path: '^packages/protocols/src', pathNot: TESTS },
      to: { path: '^(packages/(?!media/|protocols/)|apps/)' },
    },
    {
      name: 'contract-knows-nobody',
      severity: 'error',
      from: { path: '^packages/contract/src' },
      to: { path: '^(packages/(?!contract/)|apps/)' },
    },
    {
      name: 'browser-code-knows-contract-and-client',
      severity: 'error',
      from: { path: '^(packages/client|apps/dashboard)/' },
      to: { path: '^(packages/(?!client/|contract/)|apps/(?!dashboard/))' },
    },
    {
      name: 'stream-knows-media-only',
      comment: 'the hub knows no protocol, no camera and no server',
      severity: 'error',
      from: { path: '^apps/gateway/src/stream/', pathNot: TESTS },
      to: { path: '^(apps/gateway/src/(?!stream/)|packages/(?!media/))' },
    },
    {
      name: 'siblings-are-strangers',
      comment: 'what two protocols share lies above them, in sources/, sinks/ or servers/ itself',
      severity: 'error',
      from: { path: '^apps/gateway/src/(sources|sinks|servers)/([^/]+)/', pathNot: TESTS },
      to: {
        path: '^apps/gateway/src/(sources|sinks|servers)/[^/]+/',
        pathNot: '^apps/gateway/src/$1/$2/|^apps/gateway/src/servers/http/',
      },
    },
    {
      name: 'only-the-composition-root-sees-everything',
      severity: 'error',
      from: { path: '^apps/gateway/src/', pathNot: `^apps/gateway/src/[^/]+\\.ts$|${TESTS}` },
      to: { path: '^apps/gateway/src/(gateway|main)\\.ts$' },
    },
    {
      name: 'native-code-in-children-only',
      comment: 'both were seen to abort their process: it must not be the one that moves video',
      severity: 'error',
      from: { path: '^(apps|packages)/', pathNot: `^apps/gateway/src/workers/(media|webrtc)/|${TESTS}` },
      to: { path: 'node_modules/(node-av|node-datachannel)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'tests-are-not-imported',
      severity: 'error',
      from: { pathNot: `${TESTS}|^e2e/|^bench/` },
      to: { path: TESTS },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
