import boundaries from 'eslint-plugin-boundaries';
import jest from 'eslint-plugin-jest';
import tseslint from 'typescript-eslint';

/** Who may import whom (design, section 3). `twin` imports no other folder: it reads only what `cdk synth` wrote. */
const MAY_IMPORT = {
  bin: ['lib'],
  lib: ['lib', 'contracts'],
  lambdas: ['lambdas', 'contracts'],
  contracts: ['contracts'],
  twin: ['twin'],
  fleet: ['fleet', 'contracts'],
  cli: ['cli', 'twin', 'fleet', 'lib'],
  bench: ['bench', 'twin', 'fleet'],
  test: ['test', 'bin', 'lib', 'lambdas', 'contracts', 'twin', 'fleet', 'cli', 'bench'],
};

export default tseslint.config(
  { ignores: ['node_modules', '**/cdk.out*', '.iov*', 'bench/results'] },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.ts'],
    plugins: { boundaries },
    settings: {
      'import/resolver': { node: { extensions: ['.ts', '.mjs', '.js'] } },
      'boundaries/elements': Object.keys(MAY_IMPORT).map((type) => ({ type, pattern: `${type}/**`, partialMatch: false })),
      'boundaries/include': ['**/*.ts'],
    },
    rules: {
      'boundaries/dependencies': [
        'error',
        {
          default: 'disallow',
          policies: Object.entries(MAY_IMPORT).map(([from, allowed]) => ({
            from: { element: { type: from } },
            allow: allowed.map((type) => ({ to: { element: { type } } })),
          })),
        },
      ],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-restricted-syntax': ['error', { selector: 'ExportDefaultDeclaration', message: 'Name what you export.' }],
      'no-console': 'off',
      eqeqeq: 'error',
    },
  },
  {
    files: ['test/**/*.test.ts'],
    plugins: { jest },
    rules: {
      'jest/no-focused-tests': 'error',
      'jest/no-disabled-tests': 'error',
      'jest/expect-expect': ['error', { assertFunctionNames: ['expect', 'expect*', 'fc.assert', 'assert*'] }],
      'jest/no-identical-title': 'error',
    },
  },
  { files: ['**/*.mjs', '**/*.cjs'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
);
