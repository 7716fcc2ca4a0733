const shared = {
  testEnvironment: 'node',
  transform: { '^.+\\.(t|j|mj)s$': ['@swc/jest', { swcrc: true }] },
  // These packages ship ES modules only; Jest 30 on Node 20 needs them as CommonJS.
  transformIgnorePatterns: ['/node_modules/(?!(@nestjs|cookie|fast-check|pure-rand)/)'],
};

// In-process, on adapters that they choose, or about starting itself: there is nothing for production mode to change.
const SAME_IN_EVERY_MODE = [
  'bench',
  'boot',
  'embedded-mode',
  'engine-faults',
  'engines-tool',
  'image',
  'ingest-http',
  'ingest-pipeline',
  'readme',
  'schema-missing',
  'store-faults',
  'two-workers',
];

const config = {
  // A busy machine of two cores is slow, which is no fault: what hangs is found all the same.
  testTimeout: 120_000,
  testSequencer: '<rootDir>/test/support/longest-first.mjs',
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: [
        '<rootDir>/{apps,libs,workflows}/**/*.spec.ts',
        '<rootDir>/test/{architecture,scenarios}/**/*.spec.ts',
      ],
      testPathIgnorePatterns: ['/node_modules/', '/libs/adapters/'],
    },
    {
      ...shared,
      displayName: 'engines',
      testMatch: ['<rootDir>/libs/adapters/**/*.spec.ts', '<rootDir>/test/replay/**/*.spec.ts'],
      globalSetup: '<rootDir>/test/support/start-engines.ts',
      globalTeardown: '<rootDir>/test/support/stop-engines.ts',
    },
    {
      ...shared,
      displayName: 'e2e',
      testMatch: ['<rootDir>/test/e2e/**/*.e2e.spec.ts'],
      globalSetup: '<rootDir>/test/support/start-engines.ts',
      globalTeardown: '<rootDir>/test/support/stop-engines.ts',
    },
    {
      ...shared,
      displayName: 'e2e-production',
      testMatch: ['<rootDir>/test/e2e/**/*.e2e.spec.ts'],
      testPathIgnorePatterns: SAME_IN_EVERY_MODE.map((name) => `/test/e2e/${name}\\.e2e\\.spec\\.ts$`),
      globalSetup: '<rootDir>/test/support/start-engines.ts',
      globalTeardown: '<rootDir>/test/support/stop-engines.ts',
      setupFilesAfterEnv: ['<rootDir>/test/support/production-mode.ts'],
    },
  ],
};

export default config;
