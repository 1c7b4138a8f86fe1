import { ShadowRefusal } from './refusal.ts';

/** Which shadow is meant: the classic one of a thing when it has no name. */
export interface ShadowKey {
  readonly thingName: string;
  readonly shadowName?: string | undefined;
}

// API reference, GetThingShadow: patterns and lengths of `thingName` and `shadowName`.
const THING_NAME = /^[a-zA-Z0-9:_-]{1,128}$/;
const SHADOW_NAME = /^[$a-zA-Z0-9:_-]{1,64}$/;

/** @throws ShadowRefusal 400 */
export function checkShadowKey({ thingName, shadowName }: ShadowKey): void {
  if (!THING_NAME.test(thingName)) throw new ShadowRefusal(400, 'Invalid thing name');
  if (shadowName !== undefined && !SHADOW_NAME.test(shadowName)) throw new ShadowRefusal(400, 'Invalid shadow name');
}

/** `ShadowTopicPrefix` of the developer guide. */
export function topicPrefix({ thingName, shadowName }: ShadowKey): string {
  const prefix = `$aws/things/${thingName}/shadow`;
  return shadowName === undefined ? prefix : `${prefix}/name/${shadowName}`;
}

/** The resource of `iot:GetThingShadow` and its kin, without the ARN's beginning (`thing/`). */
export function policyResource({ thingName, shadowName }: ShadowKey): string {
  return shadowName === undefined ? thingName : `${thingName}/${shadowName}`;
}
