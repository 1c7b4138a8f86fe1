import type { Account } from '../../account.ts';
import { arn } from '../../account.ts';
import { invalidRequest } from './failures.ts';

/** Kinds of IoT resource whose ARN is `arn:…:<kind>/<name>` (Service Authorization Reference, AWS IoT). */
export type IotResourceKind =
  | 'thing'
  | 'thingtype'
  | 'thinggroup'
  | 'billinggroup'
  | 'policy'
  | 'cert'
  | 'cacert'
  | 'provisioningtemplate'
  | 'rolealias'
  | 'authorizer'
  | 'domainconfiguration'
  | 'certificateprovider'
  | 'job'
  | 'jobtemplate'
  | 'command'
  | 'client'
  | 'securityprofile'
  | 'scheduledaudit'
  | 'mitigationaction';

export function iotArn(account: Account, kind: IotResourceKind, name: string): string {
  return arn(account, 'iot', `${kind}/${name}`);
}

/** The name in an ARN of this kind and this account; `undefined` for any other text. */
export function nameOfArn(account: Account, kind: IotResourceKind, text: string): string | undefined {
  const prefix = iotArn(account, kind, '');
  return text.startsWith(prefix) && text.length > prefix.length ? text.slice(prefix.length) : undefined;
}

/** Certificate id of a certificate ARN; `undefined` for another kind of principal (a Cognito identity). */
export function certificateIdOfPrincipal(account: Account, principal: string): string | undefined {
  return nameOfArn(account, 'cert', principal);
}

const COGNITO_IDENTITY = /^[a-z]{2}(-[a-z]+)+-\d:[0-9a-f-]{36}$/;

/** @throws AwsError InvalidRequestException when the text is neither a certificate ARN nor a Cognito identity id */
export function checkPrincipal(account: Account, principal: string): void {
  if (certificateIdOfPrincipal(account, principal) || COGNITO_IDENTITY.test(principal)) return;
  throw invalidRequest(`Invalid principal: ${principal}`);
}
