export { accountNamedIn, inAccount } from './any-account.ts';
export { Authorizer } from './authorizer.ts';
export { decide, explain } from './decide.ts';
export { fitsPolicyLimit, parsePolicyDocument, POLICY_DOCUMENT_LIMIT, requireConnectAttributes } from './document.ts';
export { thingOf, type CertificateFacts, type CertificateFields, type ConnectionFacts } from './facts.ts';
export { iotAction, IOT_ACTIONS, resourceArn, type IotAction } from './resources.ts';
export { MalformedPolicy, type Policy, type PolicyDocument, type Statement } from '../../policy-language/document.ts';
export { nameOf, type Decision, type PolicyRequest, type StatementVerdict } from '../../policy-language/evaluate.ts';
