/** Context key: `cdk synth -c environment=dev`. */
export const ENVIRONMENT_CONTEXT = 'environment';

/**
 * Which environment to synthesize, from the context that the CDK CLI (or `npm run synth`) hands to the app in
 * CDK_CONTEXT_JSON; `undefined` means all. Read before the app is made, because bundling comes first.
 */
export function chosenEnvironment(variables: Readonly<Record<string, string | undefined>>): string | undefined {
  const context = JSON.parse(variables['CDK_CONTEXT_JSON'] ?? '{}') as Record<string, unknown>;
  const chosen = context[ENVIRONMENT_CONTEXT];
  return typeof chosen === 'string' && chosen !== '' ? chosen : undefined;
}
