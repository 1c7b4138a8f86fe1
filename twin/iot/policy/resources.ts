import { arn, type Account } from '../../account.ts';

/** Type of the resource that each action is decided on (IoT guide, "AWS IoT Core action resources"). */
const RESOURCE_TYPES = {
  'iot:Connect': 'client',
  'iot:DeleteConnection': 'client',
  'iot:GetConnection': 'client',
  'iot:ListSubscriptions': 'client',
  'iot:SendDirectMessage': 'client',
  'iot:Publish': 'topic',
  'iot:Receive': 'topic',
  'iot:RetainPublish': 'topic',
  'iot:GetRetainedMessage': 'topic',
  'iot:Subscribe': 'topicfilter',
  'iot:GetThingShadow': 'thing',
  'iot:UpdateThingShadow': 'thing',
  'iot:DeleteThingShadow': 'thing',
  'iot:ListNamedShadowsForThing': 'thing',
  'iot:ListRetainedMessages': '*',
  'iot:AssumeRoleWithCertificate': 'rolealias',
  'iotjobsdata:DescribeJobExecution': 'thing',
  'iotjobsdata:GetPendingJobExecutions': 'thing',
  'iotjobsdata:StartNextPendingJobExecution': 'thing',
  'iotjobsdata:UpdateJobExecution': 'thing',
} as const satisfies Record<string, string>;

export type IotAction = keyof typeof RESOURCE_TYPES;

const BY_LOWER_CASE = new Map(Object.keys(RESOURCE_TYPES).map((action) => [action.toLowerCase(), action as IotAction]));

/** The action as AWS spells it, or `undefined` when a device cannot ask for it. A missing `iot:` is added. */
export function iotAction(name: string): IotAction | undefined {
  return BY_LOWER_CASE.get((name.includes(':') ? name : `iot:${name}`).toLowerCase());
}

export const IOT_ACTIONS: readonly IotAction[] = [...BY_LOWER_CASE.values()];

/**
 * The ARN that policies are compared with.
 *
 * @param resource client ID, topic, topic filter (a shared one with its `$share/<group>/`), `<thing>` or
 *   `<thing>/<shadow>`, or role alias, as the action needs. It is taken as it is, for a topic may well begin with `arn:`
 */
export function resourceArn(action: IotAction, resource: string, account: Account): string {
  const type = RESOURCE_TYPES[action];
  return type === '*' ? '*' : arn(account, 'iot', `${type}/${resource}`);
}
