/**
 * Who may import whom. Every rule has a planted violation in test/architecture/dependency-rules.spec.ts.
 * kernel <- analysis <- core <- contracts, config, observability, conformance, adapters, workflows <- runtime, http <- apps
 */
const SPEC = '\\.(spec|conformance)\\.ts$';

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'kernel-imports-only-itself-and-node',
      severity: 'error',
      from: { path: '^libs/kernel/', pathNot: SPEC },
      to: { pathNot: '^libs/kernel/', dependencyTypesNot: ['core'] },
    },
    {
      name: 'analysis-imports-only-itself-and-the-kernel',
      severity: 'error',
      from: { path: '^libs/analysis/', pathNot: SPEC },
      to: { pathNot: ['^libs/analysis/', '^libs/kernel/src/'] },
    },
    {
      name: 'core-imports-only-core-and-analysis',
      severity: 'error',
      from: { path: '^libs/core/', pathNot: SPEC },
      to: { pathNot: ['^libs/core/', '^libs/analysis/'] },
    },
    {
      name: 'contracts-import-core-the-kernel-and-the-schema-library',
      severity: 'error',
      from: { path: '^libs/contracts/', pathNot: SPEC },
      to: { pathNot: ['^libs/contracts/', '^libs/core/', '^libs/kernel/src/', '(^|/)node_modules/zod/'] },
    },
    {
      name: 'config-imports-core-and-the-schema-library',
      severity: 'error',
      from: { path: '^libs/config/', pathNot: SPEC },
      to: { pathNot: ['^libs/config/', '^libs/core/', '(^|/)node_modules/zod/'] },
    },
    {
      name: 'observability-imports-no-other-lib-but-core',
      severity: 'error',
      from: { path: '^libs/observability/', pathNot: SPEC },
      to: { path: ['^libs/', '^apps/', '^workflows/'], pathNot: ['^libs/observability/', '^libs/core/'] },
    },
    {
      name: 'adapters-import-core-contracts-observability-kernel',
      severity: 'error',
      from: { path: '^libs/adapters/', pathNot: SPEC },
      to: {
        path: ['^libs/', '^apps/', '^workflows/'],
        pathNot: [
          '^libs/adapters/',
          '^libs/core/',
          '^libs/analysis/',
          '^libs/contracts/',
          '^libs/observability/',
          '^libs/kernel/src/',
        ],
      },
    },
    {
      name: 'adapters-never-import-another-adapter',
      severity: 'error',
      from: { path: '^libs/adapters/([^/]+)/', pathNot: SPEC },
      to: { path: '^libs/adapters/', pathNot: '^libs/adapters/$1/' },
    },
    {
      name: 'only-runtime-and-specs-import-adapters',
      severity: 'error',
      from: { pathNot: ['^libs/adapters/', '^libs/runtime/', SPEC, '^test/'] },
      to: { path: '^libs/adapters/' },
    },
    {
      name: 'apps-never-import-each-other',
      severity: 'error',
      from: { path: '^apps/([^/]+)/', pathNot: ['^apps/opspilot/', SPEC] },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'opspilot-imports-only-root-modules-of-apps',
      severity: 'error',
      from: { path: '^apps/opspilot/' },
      to: { path: '^apps/', pathNot: ['^apps/opspilot/', '^apps/[^/]+/src/[^/]+\\.module\\.ts$'] },
    },
    {
      name: 'workflows-import-only-what-is-deterministic',
      severity: 'error',
      from: { path: '\\.workflow\\.ts$' },
      to: {
        pathNot: [
          '(^|/)node_modules/@temporalio/(workflow|common)/',
          '^libs/core/',
          '^libs/analysis/',
          '\\.contract\\.ts$',
          '\\.workflow\\.ts$',
          '^workflows/shared/',
        ],
      },
    },
    {
      name: 'activities-and-clients-import-no-apps-adapters-runtime-http',
      severity: 'error',
      from: { path: '\\.(activities|client)\\.ts$' },
      to: { path: ['^apps/', '^libs/adapters/', '^libs/runtime/', '^libs/http/'] },
    },
    {
      name: 'nestjs-only-in-apps-http-runtime',
      severity: 'error',
      from: { pathNot: ['^apps/', '^libs/http/', '^libs/runtime/', SPEC, '^test/'] },
      to: { path: '(^|/)node_modules/@nestjs/' },
    },
    {
      name: 'conformance-only-in-specs',
      severity: 'error',
      from: { pathNot: [SPEC, '^libs/conformance/'] },
      to: { path: '^libs/conformance/' },
    },
    {
      name: 'nothing-imports-test',
      severity: 'error',
      from: { pathNot: ['^test/', SPEC] },
      to: { path: '^test/' },
    },
    {
      name: 'libs-and-workflows-never-import-apps',
      severity: 'error',
      from: { path: ['^libs/', '^workflows/'], pathNot: SPEC },
      to: { path: '^apps/' },
    },
    {
      name: 'lower-libs-never-import-workflows-runtime-http',
      severity: 'error',
      from: { path: '^libs/(?!runtime|http)', pathNot: SPEC },
      to: { path: ['^workflows/', '^libs/runtime/', '^libs/http/'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
