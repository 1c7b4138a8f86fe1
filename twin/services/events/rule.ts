/** A rule of an event bus; durable. */
export interface EventRule {
  readonly name: string;
  readonly bus: string;
  readonly arn: string;
  /** JSON text. */
  readonly eventPattern?: string;
  readonly scheduleExpression?: string;
  readonly enabled: boolean;
  readonly description?: string;
  readonly roleArn?: string;
  readonly targets: readonly EventTarget[];
}

export interface EventTarget {
  readonly id: string;
  readonly arn: string;
  readonly roleArn?: string;
  /** JSON text that takes the event's place. */
  readonly input?: string;
  /** Which part of the event the target gets, e.g. `$.detail`. */
  readonly inputPath?: string;
  readonly inputTransformer?: {
    readonly paths: Readonly<Record<string, string>>;
    readonly template: string;
  };
  readonly messageGroupId?: string;
  readonly deadLetterArn?: string;
}

/** How ARNs name a rule: with its bus unless that is the default one. */
export function ruleKey(bus: string, name: string): string {
  return bus === 'default' ? name : `${bus}/${name}`;
}

/** A target as the API and CloudFormation spell it. */
export function readTarget(source: Readonly<Record<string, unknown>>): EventTarget {
  const nested = (name: string): Record<string, unknown> => (source[name] ?? {}) as Record<string, unknown>;
  const transformer = source['InputTransformer'] as Record<string, unknown> | undefined;
  return {
    id: String(source['Id']),
    arn: String(source['Arn']),
    roleArn: source['RoleArn'] as string | undefined,
    input: source['Input'] as string | undefined,
    inputPath: source['InputPath'] as string | undefined,
    inputTransformer: transformer && {
      paths: (transformer['InputPathsMap'] ?? {}) as Record<string, string>,
      template: String(transformer['InputTemplate']),
    },
    messageGroupId: nested('SqsParameters')['MessageGroupId'] as string | undefined,
    deadLetterArn: nested('DeadLetterConfig')['Arn'] as string | undefined,
  };
}

export function showTarget(target: EventTarget): Record<string, unknown> {
  const { inputTransformer, messageGroupId, deadLetterArn } = target;
  return {
    Id: target.id,
    Arn: target.arn,
    RoleArn: target.roleArn,
    Input: target.input,
    InputPath: target.inputPath,
    InputTransformer: inputTransformer && {
      InputPathsMap: inputTransformer.paths,
      InputTemplate: inputTransformer.template,
    },
    SqsParameters: messageGroupId === undefined ? undefined : { MessageGroupId: messageGroupId },
    DeadLetterConfig: deadLetterArn === undefined ? undefined : { Arn: deadLetterArn },
  };
}
