import { createHash } from 'node:crypto';

/**
 * The name that CloudFormation gives to a resource without one: stack, logical id and a suffix. The suffix depends on
 * the two alone, so that a stack that is made again gets the same names.
 */
export function generatedName(
  request: { readonly stackName: string; readonly logicalId: string },
  longest: number,
): string {
  const suffix = createHash('sha256')
    .update(`${request.stackName}/${request.logicalId}`)
    .digest('base64')
    .replace(/[^A-Za-z0-9]/g, '')
    .slice(0, 12)
    .toUpperCase();
  const room = longest - suffix.length - 2;
  const half = Math.floor(room / 2);
  const logicalId = request.logicalId.slice(0, Math.max(half, room - request.stackName.length));
  return `${request.stackName.slice(0, room - logicalId.length)}-${logicalId}-${suffix}`;
}
