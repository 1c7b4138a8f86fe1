/** Two projects: unit tests, and end-to-end tests that start the twin with a real Kafka. */
const shared = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/test/strip-types.cjs' },
  moduleFileExtensions: ['ts', 'mjs', 'js', 'cjs', 'json', 'node'],
  watchPathIgnorePatterns: ['/.iov', '/cdk.out'],
  moduleNameMapper: { '^fast-check$': '<rootDir>/test/seeded-fast-check.mjs' },
  modulePathIgnorePatterns: ['<rootDir>/cdk.out'],
};

export default {
  maxWorkers: 2,
  projects: [
    { ...shared, displayName: 'unit', testMatch: ['<rootDir>/test/**/*.test.ts'], testPathIgnorePatterns: ['\\.e2e\\.test\\.ts$'] },
    { ...shared, displayName: 'end-to-end', testMatch: ['<rootDir>/test/**/*.e2e.test.ts'] },
  ],
};
