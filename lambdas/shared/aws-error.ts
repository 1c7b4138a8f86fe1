/**
 * Whether AWS answered with the error of this name. By name and not by class: bundles leave out the SDK's classes for errors,
 * of which each client has dozens (lib/bundling/esbuild-plugins.ts).
 */
export function isAwsError(error: unknown, ...names: readonly string[]): boolean {
  return error instanceof Error && names.includes(error.name);
}
