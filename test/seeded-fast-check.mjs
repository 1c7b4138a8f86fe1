// Every `import … from 'fast-check'` of the tests comes here: one seed, so that a run repeats. `npm run fuzz` and
// FC_SEED look further.
import fc from '../node_modules/fast-check/lib/fast-check.js';

fc.configureGlobal({ seed: Number(process.env.FC_SEED ?? 20261123) });

export * from '../node_modules/fast-check/lib/fast-check.js';
export default fc;
