import { backboneApp } from '../lib/backbone-app.ts';
import { bundleLambdas } from '../lib/bundling/bundle-lambdas.ts';
import { ENVIRONMENTS } from '../lib/environments/environments.ts';
import { chosenEnvironment } from '../lib/environments/chosen-environment.ts';

backboneApp(ENVIRONMENTS, await bundleLambdas(), chosenEnvironment(process.env)).synth();
